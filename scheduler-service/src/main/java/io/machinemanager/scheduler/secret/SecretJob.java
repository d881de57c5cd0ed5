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

/** Encrypts all secrets anew after the key was changed, and says when the one before it is not needed any more. */
@ApplicationScoped
public class SecretJob {

    private final SecretRotation rotation;
    private final SecretBox secrets;
    private final boolean rotating;
    private volatile long stale;
    private long told = -1;
    private volatile boolean stopping;

    SecretJob(SecretRotation rotation, SecretBox secrets, SecretConfig config, MeterRegistry registry) {
        this.rotation = rotation;
        this.secrets = secrets;
        this.rotating = config.keyPrevious().isPresent();
        Gauge.builder("machinemanager.secrets.stale", () -> stale)
                .description("Rows with a secret that was not encrypted with MACHINE_SECRETS_KEY").register(registry);
    }

    void stop(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopping = true;
    }

    /** Looks for secrets of another key and encrypts them with the current one, if theirs is at hand; never throws. */
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
            if (stale != told) {
                tell();
            }
        } catch (RuntimeException e) {
            FailureLog.log("Encrypting secrets with the current key failed", e);
        }
    }

    /** Once, and again when it is otherwise. */
    private void tell() {
        told = stale;
        if (stale > 0) {
            Log.warnf("%d rows hold secrets that are encrypted with another key than %s%s", stale,
                    secrets.currentKeyId(), rotating ? "" : "; set MACHINE_SECRETS_KEY_PREVIOUS to that key");
        } else if (rotating) {
            Log.infof("All secrets are encrypted with the key %s: MACHINE_SECRETS_KEY_PREVIOUS is not needed any more",
                    secrets.currentKeyId());
        }
    }
}
