package io.machinemanager.api.machine;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.job.JobScheduler;
import io.machinemanager.pool.ConnectionWarmUpService;
import io.quarkus.logging.Log;
import io.quarkus.runtime.StartupEvent;

/** Keeps this process connected to the machines that will be lent next. */
@ApplicationScoped
class ConnectionWarmUpJob {

    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final ConnectionWarmUpService standby;

    ConnectionWarmUpJob(ConnectionWarmUpService standby) {
        this.standby = standby;
    }

    void announce(@Observes StartupEvent start, JobScheduler scheduler) {
        scheduler.every("standby", INTERVAL, this::tick);
    }

    void tick() {
        try {
            standby.connectNext();
        } catch (RuntimeException e) {
            Log.debugf("No connections ahead of need this time: %s", e.getMessage());
        }
    }
}
