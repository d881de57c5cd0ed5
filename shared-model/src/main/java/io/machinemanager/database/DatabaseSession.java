package io.machinemanager.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Asks the server whether a session is as the services need it, whatever made it another one: the address, a setting of the
 * driver, or the server's {@code init_connect}.
 */
final class DatabaseSession {

    /** What each variable has to be; most are set in {@code microprofile-config.properties}. */
    private static final Map<String, String> NEEDED = Map.of("time_zone", "+00:00", "autocommit", "1",
            "foreign_key_checks", "1", "unique_checks", "1");

    /** The most seconds of each time-out, and never 0, which is none. */
    private static final Map<String, Integer> LONGEST = Map.of("innodb_lock_wait_timeout", 10,
            "idle_transaction_timeout", 20);

    private static final String STRICT = "STRICT_TRANS_TABLES";

    /** Those that do not change what a statement of ours means. The driver asks for IGNORE_SPACE by itself. */
    private static final Set<String> MODES = Set.of(STRICT, "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO",
            "IGNORE_SPACE", "NO_AUTO_CREATE_USER", "NO_ENGINE_SUBSTITUTION", "NO_ZERO_DATE", "NO_ZERO_IN_DATE",
            "TRADITIONAL");

    private DatabaseSession() {
    }

    /** Refuses the start when the session would make the services go wrong. */
    static void check(Connection connection) throws SQLException {
        for (Map.Entry<String, String> variable : NEEDED.entrySet()) {
            String found = value(connection, variable.getKey());
            if (!variable.getValue().equals(found)) {
                throw refusal(variable.getKey(), found, variable.getValue());
            }
        }
        for (Map.Entry<String, Integer> timeout : LONGEST.entrySet()) {
            String found = value(connection, timeout.getKey());
            int seconds = Integer.parseInt(found);
            if (seconds < 1 || seconds > timeout.getValue()) {
                throw refusal(timeout.getKey(), found, "1 to " + timeout.getValue());
            }
        }
        String modes = value(connection, "sql_mode");
        List<String> each = List.of(modes.split(","));
        if (!each.contains(STRICT) || !MODES.containsAll(each)) {
            throw refusal("sql_mode", modes, STRICT + " without a mode that changes what a statement means");
        }
        if (connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
            throw refusal("transaction_isolation", "another value", "READ-COMMITTED");
        }
    }

    private static RuntimeException refusal(String variable, String found, String needed) {
        return DatabaseRetry.refusal("The session of the database has %s = %s, and %s is needed. Look for it in the"
                + " settings of the datasource and in init_connect of the server.", variable, found, needed);
    }

    private static String value(Connection connection, String variable) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select @@session." + variable)) {
            row.next();
            return row.getString(1);
        }
    }
}
