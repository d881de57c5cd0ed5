package io.machinemanager.scheduler.history;

import jakarta.validation.constraints.Min;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the audit log. */
@ConfigMapping(prefix = "audit")
public interface AuditConfig {

    /** {@code AUDIT_RETENTION_DAYS}: for how many days the audit log keeps an entry. */
    @WithDefault("365")
    @Min(value = 1, message = "AUDIT_RETENTION_DAYS must be at least 1.")
    int retentionDays();
}
