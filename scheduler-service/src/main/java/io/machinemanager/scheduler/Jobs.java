package io.machinemanager.scheduler;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.job.JobScheduler;
import io.machinemanager.scheduler.cleanup.CleanUpConfig;
import io.machinemanager.scheduler.cleanup.CleanUpJob;
import io.machinemanager.scheduler.history.HistoryConfig;
import io.machinemanager.scheduler.history.PurgeJob;
import io.machinemanager.scheduler.probe.ProbeJob;
import io.machinemanager.scheduler.queue.QueueJob;
import io.machinemanager.scheduler.reset.ResetJob;
import io.machinemanager.scheduler.secret.SecretJob;
import io.machinemanager.secret.SecretConfig;
import io.quarkus.runtime.StartupEvent;

/** Starts the jobs, once the database answers. */
@ApplicationScoped
class Jobs {

    /** A run lasts until the process stops; one that failed is followed by the next after so long. */
    private static final Duration QUEUE_RESTART = Duration.ofSeconds(1);

    /** A machine whose account is gone waits for its reset no longer than this, if there is a place. */
    private static final Duration RESET_INTERVAL = Duration.ofSeconds(1);

    void announce(@Observes StartupEvent start, JobScheduler scheduler, CleanUpJob cleanUp, CleanUpConfig cleanUpConfig,
            GaugesJob gauges, ProbeJob probe, PurgeJob purge, HistoryConfig history, SecretJob secrets,
            SecretConfig secretConfig, QueueJob queue, ResetJob reset) {
        scheduler.every("queue", QUEUE_RESTART, queue::run);
        scheduler.every("clean-up", cleanUpConfig.interval(), cleanUp::tick);
        scheduler.every("reset", RESET_INTERVAL, reset::tick);
        scheduler.every("probe", cleanUpConfig.interval(), probe::tick);
        scheduler.every("gauges", cleanUpConfig.interval(), gauges::refresh);
        scheduler.every("purge", history.purgeInterval(), purge::run);
        scheduler.every("secrets", secretConfig.rotationInterval(), secrets::run);
    }
}
