package io.machinemanager.database;

import java.sql.SQLException;
import java.util.Set;
import java.util.regex.Pattern;

import io.machinemanager.error.UnavailableException;

/** Tells transient failures, which end without a change of the program, from defects. */
public final class DatabaseFailure {

    /**
     * MariaDB's errors that concern the server or other transactions rather than the statement: too many connections (1040,
     * 1203, 1226), shutdown in progress (1053), lock wait timeout (1205), statement interrupted (1317), connection killed
     * (1927), statement timeouts (1969, 3024).
     */
    private static final Set<Integer> TRANSIENT = Set.of(1040, 1053, 1203, 1205, 1226, 1317, 1927, 1969, 3024);

    /** The server (1290, 1836), a table (1036) or the transaction (1792) is read-only. */
    private static final Set<Integer> READ_ONLY = Set.of(1036, 1290, 1792, 1836);

    /** The disk (1021) or a table (1114) is full. */
    private static final Set<Integer> FULL = Set.of(1021, 1114);

    /** Errors while writing to a file (3, 1026) and of a storage engine (1030); the text holds the system's error number. */
    private static final Set<Integer> WRITING = Set.of(3, 1026, 1030);
    private static final Pattern NO_SPACE = Pattern.compile("\\b(28|122)\\b|No space left");

    private static final String DEADLOCK = "40001";

    private DatabaseFailure() {
    }

    /**
     * Tells whether a later try may succeed: the database cannot be reached or is full, no connection was free in time,
     * {@link RetryingTransactions} lost too many races, or the process ends.
     */
    public static boolean isPassing(Throwable failure) {
        if (DatabaseReachability.lostConnection(failure).isPresent()) {
            return true;
        }
        for (Throwable cause : ExceptionCauses.of(failure)) {
            if (cause instanceof LostRaceException || cause instanceof UnavailableException
                    || cause instanceof SQLException sql && isPassing(sql)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPassing(SQLException failure) {
        return DEADLOCK.equals(failure.getSQLState()) || TRANSIENT.contains(failure.getErrorCode())
                || READ_ONLY.contains(failure.getErrorCode()) || isFull(failure);
    }

    private static boolean isFull(SQLException failure) {
        return FULL.contains(failure.getErrorCode()) || WRITING.contains(failure.getErrorCode())
                && NO_SPACE.matcher(String.valueOf(failure.getMessage())).find();
    }

    /**
     * What is wrong with the database, as the end of a sentence that starts with "The database".
     *
     * @param failure a failure that {@link #isPassing}
     */
    public static String state(Throwable failure) {
        for (Throwable cause : ExceptionCauses.of(failure)) {
            if (cause instanceof SQLException sql && READ_ONLY.contains(sql.getErrorCode())) {
                return "is read-only";
            }
            if (cause instanceof SQLException sql && isFull(sql)) {
                return "is full";
            }
        }
        return "cannot be reached";
    }
}
