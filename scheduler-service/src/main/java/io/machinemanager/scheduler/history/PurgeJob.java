package io.machinemanager.scheduler.history;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.reservation.HistoryService;
import io.machinemanager.reservation.IdempotencyService;
import io.machinemanager.scheduler.Failures;
import io.quarkus.logging.Log;

/** Deletes what nobody looks up any more. */
@ApplicationScoped
public class PurgeJob {

    static final int BATCH = 500;

    private final HistoryService history;
    private final IdempotencyService idempotency;
    private final HistoryConfig config;

    PurgeJob(HistoryService history, IdempotencyService idempotency, HistoryConfig config) {
        this.history = history;
        this.idempotency = idempotency;
        this.config = config;
    }

    /** Deletes old history and the answers kept for repeated requests; never throws. */
    public void run() {
        try {
            purgeHistory();
            idempotency.purge();
        } catch (RuntimeException e) {
            Failures.log("Deleting what is old failed", e);
        }
    }

    private void purgeHistory() {
        Duration age = Duration.ofDays(config.retentionDays());
        int all = 0;
        int deleted;
        do {
            deleted = history.purge(age, BATCH);
            all += deleted;
        } while (deleted == BATCH);
        if (all > 0) {
            Log.infof("%d reservations that ended more than %d days ago deleted", all, config.retentionDays());
        }
    }
}
