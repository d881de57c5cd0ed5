package io.machinemanager.database;

import java.time.Duration;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the database, beside its address. */
@ConfigMapping(prefix = "database")
public interface DatabaseConfig {

    /** What is wrong with {@code DATABASE_URL}. {@link DatabaseUrlConfigSourceFactory} sets it, not the operator. */
    Optional<String> urlProblem();

    /** {@code DB_CONNECT_MAX_RETRIES}: how many times a start tries again to reach the database before it gives up. */
    @WithDefault("30")
    int connectMaxRetries();

    /** {@code DB_CONNECT_RETRY_SECONDS}: the pause between two tries. */
    @WithDefault("2")
    Duration connectRetry();

    /** What a start does when the schema is older than the program. The service sets it, not the operator. */
    @WithDefault("await")
    Schema schema();

    /** What a start does with an older schema. */
    enum Schema {
        /** Applies the missing migrations. */
        MIGRATE,
        /** Waits until another service has applied them. */
        AWAIT
    }
}
