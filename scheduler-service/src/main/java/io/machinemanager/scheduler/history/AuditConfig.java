package io.machinemanager.scheduler.history;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about the audit. */
@ConfigMapping(prefix = "audit")
public interface AuditConfig {

    /** {@code AUDIT_RETENTION_DAYS}: for how many days it can be looked up who did what; at least 1. */
    @WithDefault("365")
    int retentionDays();
}
