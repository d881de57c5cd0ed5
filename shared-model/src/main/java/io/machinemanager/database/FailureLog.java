package io.machinemanager.database;

import io.quarkus.logging.Log;

/** What failures are for the log. */
public final class FailureLog {

    private FailureLog() {
    }

    /**
     * Logs a failure: one line when the database gets over it by itself, and otherwise all that is known.
     *
     * @param what what failed, as the start of a sentence
     */
    public static void log(String what, RuntimeException failure) {
        if (DatabaseFailure.isPassing(failure)) {
            Log.warnf("%s and will be tried again: %s", what, rootOf(failure).getMessage());
        } else {
            Log.errorf(failure, "%s", what);
        }
    }

    /** What a failure came from in the end. */
    public static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
