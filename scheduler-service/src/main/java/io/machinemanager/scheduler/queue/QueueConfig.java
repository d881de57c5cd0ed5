package io.machinemanager.scheduler.queue;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of serving the queue. */
@ConfigMapping(prefix = "queue")
public interface QueueConfig {

    /** How often the scheduler asks whether machines may have become free, while a request waits. */
    @WithDefault("250ms")
    Duration poll();

    /** How often it asks whether any request waits, while none does. */
    @WithDefault("500ms")
    Duration idlePoll();

    /** How often it plans at least while a request waits, in case that a signal got lost. */
    @WithDefault("1s")
    Duration plan();

    /** How many requests this process makes accounts for at the same time. */
    @WithDefault("100")
    int maxInHand();
}
