package io.machinemanager.api.reservation;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.reservation.StandbyService;
import io.quarkus.logging.Log;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;

/** Keeps this process connected to the machines that will be lent next. */
@ApplicationScoped
class StandbyJob {

    private final StandbyService standby;

    StandbyJob(StandbyService standby) {
        this.standby = standby;
    }

    @Scheduled(every = "10s", concurrentExecution = ConcurrentExecution.SKIP)
    void tick() {
        try {
            standby.connectNext();
        } catch (RuntimeException e) {
            Log.debugf("No connections ahead of need this time: %s", e.getMessage());
        }
    }
}
