package io.machinemanager.database;

import java.sql.SQLException;
import java.util.Set;

import io.machinemanager.error.UnavailableException;

/** Tells failures that the database gets over by itself from those that are defects of ours. */
public final class DatabaseFailure {

    /**
     * MariaDB's errors that concern the server or other transactions rather than the statement: disk full (1021, 1114), too
     * many connections (1040, 1203, 1226), shutdown in progress (1053), lock wait timeout (1205), read-only (1290, 1836),
     * statement interrupted (1317), connection killed (1927), statement timeouts (1969, 3024).
     */
    private static final Set<Integer> PASSING = Set.of(1021, 1040, 1053, 1114, 1203, 1205, 1226, 1290, 1317, 1836, 1927,
            1969, 3024);

    private static final String DEADLOCK = "40001";

    private DatabaseFailure() {
    }

    /**
     * Tells whether it is worth trying again in a while: the database cannot be reached, no connection came free in time,
     * {@link Transactions} lost one race too many, or the process ends.
     */
    public static boolean isPassing(Throwable failure) {
        if (Reachability.lostConnection(failure).isPresent()) {
            return true;
        }
        for (Throwable cause : Causes.of(failure)) {
            if (cause instanceof LostRaceException || cause instanceof UnavailableException
                    || cause instanceof SQLException sql && isPassing(sql)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPassing(SQLException failure) {
        return DEADLOCK.equals(failure.getSQLState()) || PASSING.contains(failure.getErrorCode());
    }
}
