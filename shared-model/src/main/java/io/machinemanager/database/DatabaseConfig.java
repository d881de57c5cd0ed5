package io.machinemanager.database;

import java.time.Duration;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about the database, beside its address. */
@ConfigMapping(prefix = "database")
public interface DatabaseConfig {

    /** What is wrong with {@code DATABASE_URL}; computed, not set. */
    Optional<String> urlProblem();

    /** {@code DB_CONNECT_MAX_RETRIES}: how often a start tries again to reach the database before it gives up. */
    @WithDefault("30")
    int connectMaxRetries();

    /** {@code DB_CONNECT_RETRY_SECONDS}: the pause between two tries. */
    @WithDefault("2")
    Duration connectRetry();

    /** What a start does about the schema. Set by the service, not by the operator. */
    @WithDefault("await")
    Schema schema();

    /** What a start does when the schema is older than the program. */
    enum Schema {
        /** Brings it up to date. */
        MIGRATE,
        /** Waits until another service has done so. */
        AWAIT
    }
}
