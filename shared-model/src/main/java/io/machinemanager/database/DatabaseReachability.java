package io.machinemanager.database;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Optional;
import java.util.Set;

/** Tells a database that could not be reached from one that answered. */
public final class DatabaseReachability {

    /** Access denied, and unknown database: the answer of a server whose set-up is not finished. */
    private static final Set<Integer> NOT_SET_UP = Set.of(1044, 1045, 1049);

    private DatabaseReachability() {
    }

    /**
     * The exception of the driver or the pool, if the failure came from a database that could not be reached.
     *
     * @param failure any failure; its causes are searched
     */
    public static Optional<SQLException> lostConnection(Throwable failure) {
        for (Throwable cause : ExceptionCauses.of(failure)) {
            if (cause instanceof SQLException sql && isLost(sql)) {
                return Optional.of(sql);
            }
        }
        return Optional.empty();
    }

    private static boolean isLost(SQLException sql) {
        String state = sql.getSQLState();
        return state == null
                ? sql.getErrorCode() == 0
                : state.startsWith("08") || sql instanceof SQLTransientException && state.startsWith("70")
                        || NOT_SET_UP.contains(sql.getErrorCode());
    }
}
