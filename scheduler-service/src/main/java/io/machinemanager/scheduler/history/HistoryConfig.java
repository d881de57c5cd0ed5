package io.machinemanager.scheduler.history;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about reservations that are over. */
@ConfigMapping(prefix = "history")
public interface HistoryConfig {

    /** {@code HISTORY_RETENTION_DAYS}: for how many days a reservation that is over can still be looked up; at least 1. */
    @WithDefault("90")
    int retentionDays();

    /** How often what is older is deleted. */
    @WithDefault("1h")
    Duration purgeInterval();
}
