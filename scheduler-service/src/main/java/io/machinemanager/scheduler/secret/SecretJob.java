package io.machinemanager.scheduler.secret;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobScheduler;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.secret.SecretConfig;
import io.machinemanager.secret.SecretRotation;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/** Encrypts all secrets anew after a change of the key, and logs when the previous key is not needed any more. */
@ApplicationScoped
public class SecretJob {

    private final SecretRotation rotation;
    private final SecretBox secrets;
    private final boolean rotating;
    private volatile long stale;
    private long loggedStale = -1;
    private volatile boolean stopping;

    SecretJob(SecretRotation rotation, SecretBox secrets, SecretConfig config, MeterRegistry registry) {
        this.rotation = rotation;
        this.secrets = secrets;
        this.rotating = config.keyPrevious().isPresent();
        Gauge.builder("machinemanager.secrets.stale", () -> stale)
                .description("Rows with a secret that was not encrypted with MACHINE_SECRETS_KEY").register(registry);
    }

    void startNoMore(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopping = true;
    }

    /** Finds secrets of another key and encrypts them with the current key, if their key is configured; never throws. */
    public void run() {
        try {
            int resealed = rotating ? rotation.reseal(() -> !stopping) : 0;
            if (resealed > 0) {
                Log.infof("%d rows with secrets encrypted with the current key %s", resealed, secrets.currentKeyId());
            }
            if (stopping) {
                return;
            }
            stale = rotation.countStale();
            if (stale != loggedStale) {
                logStale();
            }
        } catch (RuntimeException e) {
            FailureLog.log("Encrypting secrets with the current key failed", e);
        }
    }

    /** Once for each number of rows. */
    private void logStale() {
        loggedStale = stale;
        if (stale > 0) {
            Log.warnf("%d rows hold secrets that are encrypted with another key than %s%s", stale,
                    secrets.currentKeyId(), rotating ? "" : "; set MACHINE_SECRETS_KEY_PREVIOUS to that key");
        } else if (rotating) {
            Log.infof("All secrets are encrypted with the key %s: MACHINE_SECRETS_KEY_PREVIOUS is not needed any more",
                    secrets.currentKeyId());
        }
    }
}
