package io.machinemanager.group;

import jakarta.validation.constraints.Min;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The limits of users without a group. A group has limits of its own, which may be higher. */
@ConfigMapping(prefix = "limits")
public interface LimitsConfig {

    /** {@code RESERVATION_MAX_MINUTES}: the longest that a machine is lent, extensions included, counted from the start. */
    @WithDefault("10080")
    @Min(value = 1, message = "RESERVATION_MAX_MINUTES must be at least 1.")
    int maxMinutes();

    /** {@code RESERVATION_MAX_MACHINES}: how many machines one user may hold at once; 0 means no limit. */
    @WithDefault("0")
    @Min(value = 0, message = "RESERVATION_MAX_MACHINES must not be negative.")
    int maxMachines();

    /** {@code RESERVATION_MAX_QUEUED}: how many requests of one user may wait at once; 0 means no limit. */
    @WithDefault("100")
    @Min(value = 0, message = "RESERVATION_MAX_QUEUED must not be negative.")
    int maxQueued();
}
