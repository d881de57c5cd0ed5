package io.machinemanager.scheduler.cleanup;

import java.time.Duration;

import jakarta.validation.constraints.Min;

import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the removal of accounts that are due. */
@ConfigMapping(prefix = "clean-up")
public interface CleanUpConfig {

    /** {@code SCHEDULER_INTERVAL}: how often the scheduler looks for work, in whole seconds. */
    @WithDefault("5s")
    @DurationMin(seconds = 1, message = "SCHEDULER_INTERVAL must be at least a second.")
    Duration interval();

    /** {@code CLEANUP_BATCH_SIZE}: how many reservations are claimed at once. */
    @WithDefault("50")
    @Min(value = 1, message = "CLEANUP_BATCH_SIZE must be at least 1.")
    int batchSize();

    /** {@code CLEANUP_MAX_IN_HAND}: how many reservations this process works on at the same time. */
    @WithDefault("500")
    @Min(value = 1, message = "CLEANUP_MAX_IN_HAND must be at least 1.")
    int maxInHand();

    /**
     * {@code SHUTDOWN_TIMEOUT}: how long a stop waits for the removals that are under way. Another scheduler takes up
     * what is not done by then, or this one after its next start.
     */
    @WithDefault("90s")
    Duration shutdownTimeout();
}
