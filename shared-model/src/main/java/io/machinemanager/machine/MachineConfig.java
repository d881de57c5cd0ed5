package io.machinemanager.machine;

import java.time.Duration;

import jakarta.validation.constraints.Min;

import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of machines. */
@ConfigMapping(prefix = "machines")
public interface MachineConfig {

    /** How long the registration of a machine waits for its SSH host keys before it goes on without. */
    @WithDefault("3s")
    Duration hostKeyTimeout();

    /** {@code SSH_HEALTH_INTERVAL}: how often the scheduler probes each machine: it logs in to see whether the machine works. */
    @WithDefault("60s")
    @DurationMin(seconds = 1, message = "SSH_HEALTH_INTERVAL must be at least a second.")
    Duration healthInterval();

    /** {@code SSH_HEALTH_CONCURRENCY}: how many machines a scheduler probes at the same time. */
    @WithDefault("20")
    @Min(value = 1, message = "SSH_HEALTH_CONCURRENCY must be at least 1.")
    int healthConcurrency();

    /** How long a machine is paused after work on it failed once; doubled with each further failure. */
    @WithDefault("30s")
    Duration sitOut();

    /** The longest pause of a machine. */
    @WithDefault("10m")
    Duration sitOutMax();
}
