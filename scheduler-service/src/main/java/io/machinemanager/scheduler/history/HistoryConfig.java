package io.machinemanager.scheduler.history;

import java.time.Duration;

import jakarta.validation.constraints.Min;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the history of reservations. */
@ConfigMapping(prefix = "history")
public interface HistoryConfig {

    /** {@code HISTORY_RETENTION_DAYS}: for how many days users still see a reservation after its end. */
    @WithDefault("90")
    @Min(value = 1, message = "HISTORY_RETENTION_DAYS must be at least 1.")
    int retentionDays();

    /** How often the scheduler deletes what is older. */
    @WithDefault("1h")
    Duration purgeInterval();
}
