package io.machinemanager.database;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.eclipse.microprofile.config.spi.ConfigSource;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;

/**
 * Turns {@code DATABASE_URL}, {@code DB_USER} and {@code DB_PASSWORD} into Quarkus' datasource settings. A datasource
 * that is set explicitly, by {@code QUARKUS_DATASOURCE_JDBC_URL} for example, is left alone.
 */
public class DatabaseUrlConfigSourceFactory implements ConfigSourceFactory {

    /** The property with what is wrong with the address, for {@link DatabaseUrlCheck}. */
    static final String PROBLEM = "database.url-problem";

    /** Above the files that come with the services, below the environment. */
    private static final int ORDINAL = 270;

    private static final String JDBC_URL = "quarkus.datasource.jdbc.url";

    /** The session variables of the services. The variables in an address would replace them. */
    static final String SESSION_VARIABLES = "quarkus.datasource.jdbc.additional-jdbc-properties.sessionVariables";

    /** Without an address Quarkus would end the start with a message of its own, before the checks run. */
    private static final String NOWHERE = "jdbc:mariadb://database.invalid:3306/missing";

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        ConfigValue explicit = context.getValue(JDBC_URL);
        if (explicit != null && explicit.getValue() != null && explicit.getConfigSourceOrdinal() >= ORDINAL) {
            return List.of();
        }
        Optional<String> url = raw(context, "DATABASE_URL");
        if (url.isPresent()) {
            return List.of(new Source(settings(context, url.get())));
        }
        boolean needed = context.getProfiles().contains("prod") && (explicit == null || explicit.getValue() == null);
        return needed ? List.of(new Source(refused("is missing: where is the database?"))) : List.of();
    }

    private static Map<String, String> settings(ConfigSourceContext context, String text) {
        try {
            DatabaseUrl url = raw(context, SESSION_VARIABLES).map(DatabaseUrl.parse(text)::withSessionVariables)
                    .orElseGet(() -> DatabaseUrl.parse(text));
            Map<String, String> settings = new HashMap<>();
            settings.put(JDBC_URL, url.jdbcUrl());
            url.user().or(() -> raw(context, "DB_USER")).ifPresent(u -> settings.put("quarkus.datasource.username", u));
            url.password().or(() -> raw(context, "DB_PASSWORD"))
                    .ifPresent(p -> settings.put("quarkus.datasource.password", p));
            return settings;
        } catch (IllegalArgumentException e) {
            return refused("is not understood: " + e.getMessage());
        }
    }

    private static Map<String, String> refused(String problem) {
        return Map.of(JDBC_URL, NOWHERE, PROBLEM, problem);
    }

    /** The text without expressions expanded: a password may contain <code>${…}</code>. */
    private static Optional<String> raw(ConfigSourceContext context, String name) {
        ConfigValue value = context.getValue(name);
        return value == null ? Optional.empty() : Optional.ofNullable(value.getRawValue()).filter(t -> !t.isBlank());
    }

    private static final class Source implements ConfigSource {

        private final Map<String, String> settings = new HashMap<>();

        private Source(Map<String, String> settings) {
            settings.forEach((name, value) -> this.settings.put(name, value.replace("$", "\\$")));
        }

        /** None: a build makes properties that it can list defaults of the package, and a password must not be one. */
        @Override
        public Set<String> getPropertyNames() {
            return Set.of();
        }

        @Override
        public String getValue(String name) {
            return settings.get(name);
        }

        @Override
        public String getName() {
            return "DATABASE_URL";
        }

        @Override
        public int getOrdinal() {
            return ORDINAL;
        }
    }
}
