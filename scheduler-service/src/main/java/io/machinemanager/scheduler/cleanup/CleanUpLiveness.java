package io.machinemanager.scheduler.cleanup;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Tells whether the loop still turns. A database that is away does not stop it; a tick may wait for it as long as the
 * database's own time limits last, and no longer.
 */
@Liveness
@ApplicationScoped
class CleanUpLiveness implements HealthCheck {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final CleanUpJob job;
    private final CleanUpConfig config;

    CleanUpLiveness(CleanUpJob job, CleanUpConfig config) {
        this.job = job;
        this.config = config;
    }

    @Override
    public HealthCheckResponse call() {
        Duration silence = job.silence();
        Duration most = config.interval().multipliedBy(3).plus(PATIENCE);
        return HealthCheckResponse.named("clean-up").status(silence.compareTo(most) < 0)
                .withData("seconds_since_last_tick", silence.toSeconds()).withData("in_hand", job.inHand()).build();
    }
}
