package io.machinemanager.database;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of the database, parsed from {@code DATABASE_URL}.
 *
 * <p>
 * It has one of two forms: the JDBC form {@code jdbc:mariadb://host:3306/database?user=…&password=…}, and the form of
 * SQLAlchemy, {@code mysql+pymysql://user:password@host:3306/database?charset=utf8mb4}, split the way
 * {@code sqlalchemy.engine.make_url} does it.
 *
 * @param jdbcUrl the address for the MariaDB driver, without user and password
 * @param user the database user, when the text names one
 * @param password that user's password, when the text names one
 */
public record DatabaseUrl(String jdbcUrl, Optional<String> user, Optional<String> password) {

    private static final String FORMS = "write mysql+pymysql://user:password@host:3306/database"
            + " or jdbc:mariadb://host:3306/database?user=...&password=...";

    private static final Pattern JDBC = Pattern
            .compile("jdbc:(?:mariadb|mysql):((?:[a-z0-9-]+:)?//[^?@]+)(?:\\?(.*))?");
    private static final Pattern URL = Pattern.compile("""
            (?<scheme>[\\w+]+)://\
            (?:(?<user>[^:/]*)(?::(?<password>[^@]*))?@)?\
            (?:(?:\\[(?<v6>[0-9A-Fa-f:.]+)\\]|(?<host>[^/:?]+))?(?::(?<port>[^/?]*))?)?\
            (?:/(?<database>[^?]*))?\
            (?:\\?(?<query>.*))?""");
    private static final Pattern SESSION_VARIABLES = Pattern.compile("(?i)(?<=[?&])sessionVariables=[^&]+");
    private static final Pattern SCHEME = Pattern.compile("(?:mysql|mariadb)(?:\\+\\w+)?");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern DATABASE = Pattern.compile("[A-Za-z0-9_$-]{1,64}");

    /**
     * Parses an address.
     *
     * @throws IllegalArgumentException when it has neither form; the message says why and holds no part of the text that
     *         might be a password
     */
    public static DatabaseUrl parse(String text) {
        String stripped = text.strip();
        return stripped.startsWith("jdbc:") ? parseJdbc(stripped) : parseUrl(stripped);
    }

    private static DatabaseUrl parseJdbc(String text) {
        Matcher jdbc = JDBC.matcher(text);
        if (!jdbc.matches()) {
            throw new IllegalArgumentException("it is no address of a MariaDB database; " + FORMS);
        }
        if (jdbc.group(1).indexOf('/', jdbc.group(1).indexOf("//") + 2) < 0 || jdbc.group(1).endsWith("/")) {
            throw new IllegalArgumentException("it names no database; " + FORMS);
        }
        Optional<String> user = Optional.empty();
        Optional<String> password = Optional.empty();
        List<String> options = new ArrayList<>();
        for (String option : parameters(jdbc.group(2))) {
            if (isFor("user", option)) {
                user = given(option.substring("user=".length()));
            } else if (isFor("password", option)) {
                password = given(option.substring("password=".length()));
            } else {
                options.add(option);
            }
        }
        DatabaseUrlOptions.checkHosts(jdbc.group(1));
        DatabaseUrlOptions.check(options);
        return new DatabaseUrl("jdbc:mariadb:" + jdbc.group(1) + query(options), user, password);
    }

    private static boolean isFor(String name, String option) {
        return option.regionMatches(true, 0, name + "=", 0, name.length() + 1);
    }

    /** This address with further session variables after its own. The server takes the last value of a variable. */
    DatabaseUrl withSessionVariables(String variables) {
        return new DatabaseUrl(SESSION_VARIABLES.matcher(jdbcUrl)
                .replaceAll(own -> Matcher.quoteReplacement(own.group() + "," + variables)), user, password);
    }

    private static DatabaseUrl parseUrl(String text) {
        Matcher url = URL.matcher(text);
        if (!url.matches() || !SCHEME.matcher(url.group("scheme")).matches()) {
            throw new IllegalArgumentException("it is no address of a MariaDB database; " + FORMS);
        }
        return new DatabaseUrl(
                "jdbc:mariadb://" + host(url) + ":" + port(url.group("port")) + "/" + database(url.group("database"))
                        + query(driverOptions(url.group("query"))),
                given(url.group("user")).map(DatabaseUrl::decode),
                given(url.group("password")).map(DatabaseUrl::decode));
    }

    private static String host(Matcher url) {
        if (url.group("v6") != null) {
            return "[" + url.group("v6") + "]";
        }
        String host = url.group("host") == null ? "localhost" : url.group("host");
        if (!HOST.matcher(host).matches()) {
            throw new IllegalArgumentException("the host is not a name or an IP address;"
                    + " in the user and password @ is written %40, : is %3A, / is %2F and % is %25");
        }
        return host;
    }

    private static int port(String port) {
        if (port == null || port.isEmpty()) {
            return 3306;
        }
        try {
            int number = Integer.parseInt(port);
            if (number >= 1 && number <= 65535) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same mistake as a number out of range
        }
        throw new IllegalArgumentException("the port is not a number from 1 to 65535");
    }

    private static String database(String database) {
        if (database == null || database.isEmpty()) {
            throw new IllegalArgumentException("it names no database; " + FORMS);
        }
        if (!DATABASE.matcher(database).matches()) {
            throw new IllegalArgumentException("the database's name may hold letters, digits, _, - and $");
        }
        return database;
    }

    /**
     * Translates PyMySQL's options to those of the MariaDB driver. Options that matter only to Python are left out. Options
     * that ask for encryption are translated or refused, since to leave one out would drop the encryption.
     */
    private static List<String> driverOptions(String query) {
        List<String> options = new ArrayList<>();
        for (String parameter : parameters(query)) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = equals < 0 ? "" : decode(parameter.substring(equals + 1));
            switch (name.toLowerCase(Locale.ROOT)) {
                case "ssl_ca" -> options.addAll(List.of("sslMode=verify-ca", "serverSslCert=" + value));
                case "unix_socket", "init_command" -> options.add(name + "=" + value);
                case "connect_timeout" -> options.add("connectTimeout=" + millis(name, value));
                case "read_timeout" -> options.add("socketTimeout=" + millis(name, value));
                case String other when other.startsWith("ssl") -> throw new IllegalArgumentException(
                        "the option %s is not supported; use ssl_ca, or the jdbc:mariadb:// form with sslMode"
                                .formatted(name));
                default -> {
                    // such as charset: the driver always uses utf8mb4
                }
            }
        }
        // a value with & in it must not become an option of its own
        DatabaseUrlOptions.check(parameters(String.join("&", options)));
        return options;
    }

    private static long millis(String name, String seconds) {
        try {
            return Math.multiplyExact(1000L, Integer.parseInt(seconds));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the option %s is not a number of seconds".formatted(name), e);
        }
    }

    private static List<String> parameters(String query) {
        return query == null ? List.of() : List.of(query.split("&")).stream().filter(p -> !p.isEmpty()).toList();
    }

    private static String query(List<String> options) {
        return options.isEmpty() ? "" : "?" + String.join("&", options);
    }

    private static Optional<String> given(String text) {
        return Optional.ofNullable(text).filter(t -> !t.isEmpty());
    }

    /** Decodes percent signs as Python's {@code urllib.parse.unquote} does: a plus and a stray percent sign stay. */
    private static String decode(String text) {
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(raw.length);
        for (int i = 0; i < raw.length; i++) {
            int high = raw[i] == '%' && i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = high >= 0 ? Character.digit(raw[i + 2], 16) : -1;
            if (low >= 0) {
                decoded.write(high << 4 | low);
                i += 2;
            } else {
                decoded.write(raw[i]);
            }
        }
        return decoded.toString(StandardCharsets.UTF_8);
    }

    /** Leaves the password out, which must not reach a log. */
    @Override
    public String toString() {
        return jdbcUrl;
    }
}
