package io.machinemanager.scheduler.history;

import java.time.Duration;
import java.util.function.BiFunction;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.audit.AuditService;
import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.auth.LoginService;
import io.machinemanager.auth.SessionService;
import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobScheduler;
import io.machinemanager.reservation.HistoryService;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/** Deletes old rows: reservations, audit entries, idempotency keys, log-in counters, sessions and API keys. */
@ApplicationScoped
public class PurgeJob {

    static final int BATCH = 500;

    private final HistoryService history;
    private final AuditService audit;
    private final LoginService logins;
    private final SessionService sessions;
    private final ApiKeyService keys;
    private final HistoryConfig config;
    private final AuditConfig auditConfig;
    private volatile boolean stopping;

    PurgeJob(HistoryService history, AuditService audit, LoginService logins,
            SessionService sessions, ApiKeyService keys, HistoryConfig config, AuditConfig auditConfig) {
        this.history = history;
        this.audit = audit;
        this.logins = logins;
        this.sessions = sessions;
        this.keys = keys;
        this.config = config;
        this.auditConfig = auditConfig;
    }

    void startNoMore(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopping = true;
    }

    /**
     * Deletes all old rows, and leaves the rest to the next run when the process ends; never throws. A table that fails
     * does not keep the others from being purged.
     */
    public void run() {
        purge("requests that ended", config.retentionDays(), history::purge);
        purge("audit entries of", auditConfig.retentionDays(), audit::purge);
        attempt(history::forgetKeys);
        attempt(logins::purge);
        attempt(sessions::purge);
        attempt(keys::purge);
    }

    private void purge(String what, int days, BiFunction<Duration, Integer, Integer> batch) {
        attempt(() -> {
            int all = 0;
            int deleted;
            do {
                deleted = batch.apply(Duration.ofDays(days), BATCH);
                all += deleted;
            } while (deleted == BATCH && !stopping);
            if (all > 0) {
                Log.infof("%d %s more than %d days ago deleted", all, what, days);
            }
        });
    }

    private void attempt(Runnable purge) {
        if (stopping) {
            return;
        }
        try {
            purge.run();
        } catch (RuntimeException e) {
            FailureLog.log("Deleting old rows failed", e);
        }
    }
}
