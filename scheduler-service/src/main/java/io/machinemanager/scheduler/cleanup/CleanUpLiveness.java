package io.machinemanager.scheduler.cleanup;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Reports the process as dead when the clean-up job does not run any more. */
@Liveness
@ApplicationScoped
class CleanUpLiveness implements HealthCheck {

    /** How long a tick may wait for a database that does not answer; more than all its time-outs together. */
    private static final Duration LONGEST_TICK = Duration.ofMinutes(2);

    private final CleanUpJob job;
    private final CleanUpConfig config;

    CleanUpLiveness(CleanUpJob job, CleanUpConfig config) {
        this.job = job;
        this.config = config;
    }

    @Override
    public HealthCheckResponse call() {
        Duration silence = job.silence();
        Duration limit = config.interval().multipliedBy(3).plus(LONGEST_TICK);
        return HealthCheckResponse.named("clean-up").status(silence.compareTo(limit) < 0)
                .withData("seconds_since_last_tick", silence.toSeconds()).withData("in_hand", job.running()).build();
    }
}
