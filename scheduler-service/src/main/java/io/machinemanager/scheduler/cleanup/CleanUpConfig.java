package io.machinemanager.scheduler.cleanup;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about taking machines back. */
@ConfigMapping(prefix = "clean-up")
public interface CleanUpConfig {

    /** {@code SCHEDULER_INTERVAL}: how often the scheduler looks for work; at least a second, which is how exact it is. */
    @WithDefault("5s")
    Duration interval();

    /** {@code CLEANUP_BATCH_SIZE}: how many reservations are claimed at once. */
    @WithDefault("50")
    int batchSize();

    /** {@code CLEANUP_MAX_IN_HAND}: how many reservations this process works on at the same time. */
    @WithDefault("500")
    int maxInHand();

    /**
     * {@code SHUTDOWN_TIMEOUT}: how long a stop waits for the removals in hand. What is not done by then is taken up by
     * another scheduler, or by this one after its next start.
     */
    @WithDefault("90s")
    Duration shutdownTimeout();
}
