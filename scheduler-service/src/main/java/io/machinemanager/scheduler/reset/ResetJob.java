package io.machinemanager.scheduler.reset;

import java.time.Duration;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobScheduler;
import io.machinemanager.reservation.ResetService;
import io.machinemanager.scheduler.BoundedWork;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Resets machines whose account is gone. It has places of its own, so that a slow reset delays no removal and no probe, only
 * other resets when {@code PLAYBOOK_CONCURRENCY} of them are slow.
 */
@ApplicationScoped
public class ResetJob {

    /** Just after the stop of the removals has waited for those, and before account work is shut down. */
    private static final int AFTER_REMOVALS = 101;

    /** How long a stop lets resets go on. A container is made anew within this time; longer resets are given back. */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    /** How long it may take to end the processes of those. */
    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

    private final ResetService resets;
    private final BoundedWork work;
    private volatile long stopBegan;

    ResetJob(ResetService resets, MeterRegistry registry) {
        this.resets = resets;
        this.work = new BoundedWork(resets.concurrency(), resets::startDue, this::tick);
        Gauge.builder("machinemanager.resets.inhand", this, ResetJob::running)
                .description("Machines that this process resets").register(registry);
    }

    /** Claims what is due, as far as there is room, and starts the resets. Returns before they are done; never throws. */
    public void tick() {
        try {
            work.startDue(resets.concurrency());
        } catch (RuntimeException e) {
            FailureLog.log("Starting the resets that are due failed", e);
        }
    }

    /** How many machines this process resets. */
    public int running() {
        return work.running();
    }

    void startNoMore(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopBegan = System.nanoTime();
        work.startNoMore();
    }

    void stop(@Observes @Priority(AFTER_REMOVALS) ShutdownEvent shutdown) {
        try {
            if (!work.drain(STOP_TIMEOUT.minusNanos(System.nanoTime() - stopBegan))) {
                Log.infof("Stopping: giving back the resets of %d machines", running());
                resets.stop();
                work.drain(END_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
