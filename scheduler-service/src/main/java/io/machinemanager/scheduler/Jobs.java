package io.machinemanager.scheduler;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.job.JobTimer;
import io.machinemanager.scheduler.cleanup.BacklogGauges;
import io.machinemanager.scheduler.cleanup.CleanUpConfig;
import io.machinemanager.scheduler.cleanup.CleanUpJob;
import io.machinemanager.scheduler.history.HistoryConfig;
import io.machinemanager.scheduler.history.PurgeJob;
import io.machinemanager.scheduler.probe.ProbeJob;
import io.machinemanager.scheduler.secret.SecretJob;
import io.machinemanager.secret.SecretConfig;
import io.quarkus.runtime.StartupEvent;

/** Says which job runs how often, once the database is there. */
@ApplicationScoped
class Jobs {

    void announce(@Observes StartupEvent start, JobTimer timer, CleanUpJob cleanUp, CleanUpConfig cleanUpConfig,
            BacklogGauges gauges, ProbeJob probe, PurgeJob purge, HistoryConfig history, SecretJob secrets,
            SecretConfig secretConfig) {
        timer.every("clean-up", cleanUpConfig.interval(), cleanUp::tick);
        timer.every("probe", cleanUpConfig.interval(), probe::tick);
        timer.every("gauges", cleanUpConfig.interval(), gauges::refresh);
        timer.every("purge", history.purgeInterval(), purge::run);
        timer.every("secrets", secretConfig.rotationInterval(), secrets::run);
    }
}
