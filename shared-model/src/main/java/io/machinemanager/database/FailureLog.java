package io.machinemanager.database;

import io.quarkus.logging.Log;

/** Logs failures of jobs and of work in the background. */
public final class FailureLog {

    private FailureLog() {
    }

    /**
     * Logs a failure: one line when it is a transient failure of the database, and otherwise with a stack trace.
     *
     * @param what a sentence that says what failed
     */
    public static void log(String what, RuntimeException failure) {
        if (DatabaseFailure.isPassing(failure)) {
            Log.warnf("%s and will be tried again: %s", what, rootOf(failure).getMessage());
        } else {
            Log.errorf(failure, "%s", what);
        }
    }

    /** The last cause of a failure. */
    public static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
