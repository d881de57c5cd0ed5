package io.machinemanager.api.machine;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.job.JobScheduler;
import io.machinemanager.pool.ConnectionWarmUpService;
import io.quarkus.logging.Log;
import io.quarkus.runtime.StartupEvent;

/** Opens connections to the machines that will be lent next, before a user reserves them. */
@ApplicationScoped
class ConnectionWarmUpJob {

    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final ConnectionWarmUpService service;

    ConnectionWarmUpJob(ConnectionWarmUpService service) {
        this.service = service;
    }

    void announce(@Observes StartupEvent start, JobScheduler scheduler) {
        scheduler.every("connection-warm-up", INTERVAL, this::tick);
    }

    void tick() {
        try {
            service.connectNext();
        } catch (RuntimeException e) {
            Log.debugf("Opening connections ahead of reservations failed: %s", e.getMessage());
        }
    }
}
