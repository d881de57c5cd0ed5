package io.machinemanager.playbook;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import jakarta.validation.constraints.Min;

import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of the operator's own steps around a lease. */
@ConfigMapping(prefix = "playbooks")
public interface PlaybookConfig {

    /** {@code PREPARE_PLAYBOOK}: runs on each machine after its account is made, before the user gets it. */
    Optional<Path> prepare();

    /**
     * {@code RESET_PLAYBOOK}: runs for each machine after its account is gone, before it is lent again. With it, a user who
     * became root leaves nothing behind, as far as the playbook makes the machine anew.
     */
    Optional<Path> reset();

    /** {@code PLAYBOOK_TIMEOUT}: how long one playbook may take on one machine, before it is killed and counts as failed. */
    @WithDefault("15m")
    @DurationMin(seconds = 1, message = "PLAYBOOK_TIMEOUT must be at least a second.")
    Duration timeout();

    /**
     * {@code PLAYBOOK_CONCURRENCY}: how many machines a process prepares at once, and how many it resets at once. Each runs
     * an Ansible of its own, with about 60 MB of memory.
     */
    @WithDefault("4")
    @Min(value = 1, message = "PLAYBOOK_CONCURRENCY must be at least 1.")
    int concurrency();

    /** The path of a playbook; empty when it is not set. */
    default Optional<Path> path(Playbook playbook) {
        return switch (playbook) {
            case PREPARE -> prepare();
            case RESET -> reset();
        };
    }
}
