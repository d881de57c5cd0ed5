package io.machinemanager.database;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses options of an address that would change what the services rely on, or that cannot work. The driver ignores the
 * case of the names.
 */
final class DatabaseUrlOptions {

    private static final String SESSION = "the services set the session of the database themselves";
    private static final String TCP = "the services reach MariaDB over TCP only: name a host and a port";
    private static final String DRIVER = "the services rely on the driver's own way";

    private static final Map<String, String> REFUSED = Map.ofEntries(Map.entry("localsocket", TCP),
            Map.entry("pipe", TCP), Map.entry("unix_socket", TCP), Map.entry("socketfactory", TCP),
            Map.entry("initsql", SESSION), Map.entry("init_command", SESSION), Map.entry("timezone", SESSION),
            Map.entry("connectiontimezone", SESSION), Map.entry("forceconnectiontimezonetosession", SESSION),
            Map.entry("autocommit", SESSION), Map.entry("transactionisolation", SESSION),
            Map.entry("jdbccomplianttruncation", SESSION), Map.entry("preserveinstants", DRIVER),
            Map.entry("uselocalsessionstate", DRIVER), Map.entry("useaffectedrows", DRIVER),
            Map.entry("allowmultiqueries", DRIVER), Map.entry("transactionreplay", DRIVER),
            Map.entry("tinyint1isbit", DRIVER), Map.entry("transformedbitisboolean", DRIVER),
            Map.entry("oldmodenoprecisiontimestamp", DRIVER), Map.entry("usemysqlmetadata", DRIVER),
            Map.entry("dumpqueriesonexception", DRIVER), Map.entry("pool", DRIVER));

    /** Variables that the services set, or whose other values they do not work with. */
    private static final Set<String> OUR_VARIABLES = Set.of("time_zone", "timestamp", "innodb_lock_wait_timeout",
            "lock_wait_timeout", "idle_transaction_timeout", "idle_readonly_transaction_timeout",
            "idle_write_transaction_timeout", "tx_isolation", "transaction_isolation", "tx_read_only",
            "transaction_read_only", "autocommit", "completion_type", "sql_mode", "foreign_key_checks",
            "unique_checks", "check_constraint_checks", "wait_timeout", "interactive_timeout", "net_read_timeout",
            "net_write_timeout", "max_statement_time", "sql_select_limit", "sql_safe_updates", "sql_auto_is_null",
            "character_set_client", "character_set_connection", "character_set_results", "innodb_snapshot_isolation");

    private static final Pattern VARIABLE = Pattern
            .compile("\\s*([A-Za-z0-9_]+)\\s*=\\s*(?:'[^']*'|\"[^\"]*\"|[A-Za-z0-9_.+-]+)\\s*(?:,(?!\\s*$)|$)");

    /** A statement waits up to 10 s for a lock, and the socket must wait longer. */
    private static final int SHORTEST_MILLIS = 15_000;

    private DatabaseUrlOptions() {
    }

    /**
     * Checks options, each {@code name=value}.
     *
     * @throws IllegalArgumentException when one is refused; the message names it, and no value
     */
    static void check(List<String> options) {
        for (String option : options) {
            String[] parts = option.split("=", 2);
            String value = parts.length < 2 ? "" : parts[1];
            String name = parts[0].toLowerCase(Locale.ROOT);
            String problem = REFUSED.get(name);
            if (problem != null) {
                throw new IllegalArgumentException("the option %s cannot be used; %s".formatted(printable(parts[0]),
                        problem));
            }
            switch (name) {
                case "sessionvariables" -> checkVariables(value);
                case "sockettimeout" -> checkMillis(parts[0], value, SHORTEST_MILLIS);
                case "connecttimeout" -> checkMillis(parts[0], value, 1);
                default -> {
                    // others, such as those for TLS, are the operator's choice
                }
            }
        }
    }

    /** Checks the hosts, which may contain options too: {@code address=(host=…)(localSocket=…)}. */
    static void checkHosts(String hosts) {
        if (Pattern.compile("\\((localsocket|pipe)=", Pattern.CASE_INSENSITIVE).matcher(hosts).find()) {
            throw new IllegalArgumentException("the options localSocket and pipe cannot be used; " + TCP);
        }
    }

    private static void checkVariables(String variables) {
        Matcher variable = VARIABLE.matcher(variables);
        int end = 0;
        while (variable.find() && variable.start() == end) {
            if (OUR_VARIABLES.contains(variable.group(1).toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException("sessionVariables must not set %s; %s".formatted(variable.group(1),
                        SESSION));
            }
            end = variable.end();
        }
        if (variables.isEmpty() || end < variables.length()) {
            throw new IllegalArgumentException("sessionVariables is not a list of name=value with commas between");
        }
    }

    private static void checkMillis(String name, String value, int least) {
        try {
            if (Integer.parseInt(value) >= least) {
                return;
            }
        } catch (NumberFormatException e) {
            // the same mistake as a number out of range
        }
        throw new IllegalArgumentException("the option %s must be at least %d milliseconds".formatted(name, least));
    }

    private static String printable(String name) {
        return name.replaceAll("[^A-Za-z0-9_]", "?");
    }
}
