package io.machinemanager.scheduler.cleanup;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobScheduler;
import io.machinemanager.reservation.RemovalBatch;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.BoundedWork;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Removes the accounts of reservations that are due: the time is up, a removal has to be tried again, or a service crashed
 * while it worked on the reservation.
 *
 * <p>
 * A tick only claims what is due; the removals run beside it. So a slow machine delays neither the next tick nor the other
 * machines.
 */
@ApplicationScoped
public class CleanUpJob {

    /** Before account work itself is shut down, which happens in observers of ordinary priority. */
    private static final int BEFORE_ACCOUNT_WORK = 100;

    private final ReservationService reservations;
    private final CleanUpMetrics metrics;
    private final CleanUpConfig config;
    private final BoundedWork removals;
    private volatile long lastSign = System.nanoTime();

    CleanUpJob(ReservationService reservations, CleanUpMetrics metrics, CleanUpConfig config) {
        this.reservations = reservations;
        this.metrics = metrics;
        this.config = config;
        this.removals = new BoundedWork(config.maxInHand(), this::startRemovals, this::tick);
    }

    /** Claims what is due, as far as there is room, and starts the removals. Returns before they are done; never throws. */
    public void tick() {
        lastSign = System.nanoTime();
        try {
            removals.startDue(config.batchSize());
            metrics.tickDone();
        } catch (RuntimeException e) {
            metrics.tickFailed();
            FailureLog.log("Starting the removals that are due failed", e);
        }
        lastSign = System.nanoTime();
    }

    private List<CompletableFuture<Void>> startRemovals(int most) {
        RemovalBatch batch = reservations.claimDue(most);
        List<CompletableFuture<Void>> ends = Stream.generate(CompletableFuture<Void>::new).limit(batch.size())
                .toList();
        if (!ends.isEmpty()) {
            metrics.taken(ends.size());
            Thread.ofVirtual().name("clean-up").start(() -> finish(batch, ends));
        }
        return ends;
    }

    /** Any end will do for a removal that is over, since the ends are only counted. */
    private static void finish(RemovalBatch batch, List<CompletableFuture<Void>> ends) {
        Queue<CompletableFuture<Void>> open = new ConcurrentLinkedQueue<>(ends);
        try {
            batch.finish(() -> Optional.ofNullable(open.poll()).ifPresent(end -> end.complete(null)));
        } catch (RuntimeException e) {
            FailureLog.log("Removing the accounts on %d machines failed".formatted(ends.size()), e);
        } finally {
            // also when the wait for the removals was interrupted
            ends.forEach(end -> end.complete(null));
        }
    }

    /** How many reservations this process works on. */
    public int running() {
        return removals.running();
    }

    /** The time since a tick last began or ended. */
    public Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastSign);
    }

    void startNoMore(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        removals.startNoMore();
    }

    void stop(@Observes @Priority(BEFORE_ACCOUNT_WORK) ShutdownEvent shutdown) {
        if (running() > 0) {
            Log.infof("Stopping: waiting for the work on %d machines", running());
        }
        try {
            if (!removals.drain(config.shutdownTimeout())) {
                Log.warnf("Stopping with the work on %d machines not done; another scheduler, or the next start,"
                        + " takes it up", running());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
