package io.machinemanager.machine;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about machines. */
@ConfigMapping(prefix = "machines")
public interface MachineConfig {

    /** How long the registration of a machine waits for its SSH host keys before it goes on without. */
    @WithDefault("3s")
    Duration hostKeyTimeout();

    /** {@code SSH_HEALTH_INTERVAL}: how often the scheduler logs in to each machine to see whether it works. */
    @WithDefault("60s")
    Duration healthInterval();

    /** {@code SSH_HEALTH_CONCURRENCY}: how many machines are looked at at the same time. */
    @WithDefault("20")
    int healthConcurrency();

    /** How long a machine sits out after work on it failed once; doubled with each further failure. */
    @WithDefault("30s")
    Duration sitOut();

    /** The longest that a machine sits out. */
    @WithDefault("10m")
    Duration sitOutMax();
}
