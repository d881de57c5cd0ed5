package io.machinemanager.scheduler;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.scheduler.cleanup.BacklogGauges;
import io.machinemanager.scheduler.cleanup.CleanUpConfig;
import io.machinemanager.scheduler.cleanup.CleanUpJob;
import io.machinemanager.scheduler.history.HistoryConfig;
import io.machinemanager.scheduler.history.PurgeJob;
import io.machinemanager.scheduler.probe.ProbeJob;
import io.machinemanager.scheduler.secret.SecretJob;
import io.machinemanager.secret.SecretConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.quarkus.scheduler.Scheduler;

/**
 * Says which job runs how often. Jobs are announced once the database is there, and not by annotation, whose intervals
 * would not take the plain seconds that operators write.
 */
@ApplicationScoped
class Jobs {

    private final Scheduler scheduler;

    Jobs(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    void announce(@Observes StartupEvent start, CleanUpJob cleanUp, CleanUpConfig cleanUpConfig, BacklogGauges gauges,
            ProbeJob probe, PurgeJob purge, HistoryConfig history, SecretJob secrets, SecretConfig secretConfig) {
        if (scheduler.isStarted()) {
            every("clean-up", cleanUpConfig.interval(), cleanUp::tick);
            every("probe", cleanUpConfig.interval(), probe::tick);
            every("gauges", cleanUpConfig.interval(), gauges::refresh);
            every("purge", history.purgeInterval(), purge::run);
            every("secrets", secretConfig.rotationInterval(), secrets::run);
        }
    }

    private void every(String name, Duration interval, Runnable job) {
        scheduler.newJob(name).setInterval(interval.toString()).setConcurrentExecution(ConcurrentExecution.SKIP)
                .setTask(execution -> job.run(), true).schedule();
    }
}
