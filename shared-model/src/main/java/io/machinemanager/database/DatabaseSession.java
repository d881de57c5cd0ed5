package io.machinemanager.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks that a session of the database has the variables that the services need. The address, a setting of the driver, or
 * the server's {@code init_connect} may have set others.
 */
final class DatabaseSession {

    /** The value that each variable must have; {@code microprofile-config.properties} sets most of them. */
    private static final Map<String, String> NEEDED = Map.of("time_zone", "+00:00", "autocommit", "1",
            "foreign_key_checks", "1", "unique_checks", "1");

    /** The most seconds of each time-out. 0 means no time-out, and is refused. */
    private static final Map<String, Integer> LONGEST = Map.of("innodb_lock_wait_timeout", 10,
            "idle_transaction_timeout", 20);

    private static final String STRICT = "STRICT_TRANS_TABLES";

    /** Modes that do not change the meaning of our statements. The driver sets IGNORE_SPACE by itself. */
    private static final Set<String> MODES = Set.of(STRICT, "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO",
            "IGNORE_SPACE", "NO_AUTO_CREATE_USER", "NO_ENGINE_SUBSTITUTION", "NO_ZERO_DATE", "NO_ZERO_IN_DATE",
            "TRADITIONAL");

    private DatabaseSession() {
    }

    /** Ends the start when a variable has a value with which the services would not work. */
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
        return DatabaseRetry.refusal("The session of the database has %s = %s, and %s is needed. Check the"
                + " settings of the datasource and init_connect of the server.", variable, found, needed);
    }

    private static String value(Connection connection, String variable) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select @@session." + variable)) {
            row.next();
            return row.getString(1);
        }
    }
}
