package io.machinemanager.scheduler.history;

import java.util.Map;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Refuses times with which everything would be forgotten at once, which is not what somebody means who says 0. */
@ApplicationScoped
class RetentionCheck implements StartupCheck {

    private final AuditConfig audit;
    private final HistoryConfig history;

    RetentionCheck(AuditConfig audit, HistoryConfig history) {
        this.audit = audit;
        this.history = history;
    }

    @Override
    public Stream<String> problems() {
        return Map.of("AUDIT_RETENTION_DAYS", audit.retentionDays(), "HISTORY_RETENTION_DAYS", history.retentionDays())
                .entrySet().stream().filter(days -> days.getValue() < 1)
                .map(days -> days.getKey() + " must be at least 1.").sorted();
    }
}
