package io.machinemanager.scheduler.cleanup;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobTimer;
import io.machinemanager.reservation.RemovalBatch;
import io.machinemanager.reservation.ReservationService;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Takes machines back: those whose time is up, those whose removal is to be tried again, and those that a crashed
 * service left behind.
 *
 * <p>
 * A tick only claims what is due; the work itself goes on beside it. So a machine that takes long holds up neither the
 * next tick nor the machines that come after it, and what there was no room for is claimed as soon as there is.
 */
@ApplicationScoped
public class CleanUpJob {

    /** Before account work itself is shut down, which happens in observers of ordinary priority. */
    private static final int BEFORE_ACCOUNT_WORK = 100;

    private final ReservationService reservations;
    private final CleanUpMetrics metrics;
    private final CleanUpConfig config;
    private final Semaphore room;
    private final AtomicInteger inHand = new AtomicInteger();
    private final AtomicBoolean roomWanted = new AtomicBoolean();
    private volatile boolean stopping;
    private volatile long lastSign = System.nanoTime();

    CleanUpJob(ReservationService reservations, CleanUpMetrics metrics, CleanUpConfig config) {
        this.reservations = reservations;
        this.metrics = metrics;
        this.config = config;
        this.room = new Semaphore(config.maxInHand());
    }

    /** Claims all that is due, as far as there is room, and starts the work. Returns before it is done; never throws. */
    public void tick() {
        lastSign = System.nanoTime();
        try {
            boolean more = true;
            while (more && !stopping) {
                more = takeUpBatch();
            }
            metrics.tickDone();
        } catch (RuntimeException e) {
            metrics.tickFailed();
            FailureLog.log("Looking for machines to take back failed", e);
        }
        lastSign = System.nanoTime();
    }

    /** Takes up one batch, and tells whether there may be more to take up. */
    private boolean takeUpBatch() {
        int wanted = Math.min(config.batchSize(), room.availablePermits());
        if (wanted == 0 || !room.tryAcquire(wanted)) {
            roomWanted.set(true);
            // made since the look, by one who did not know yet that it is wanted
            return room.availablePermits() > 0 && roomWanted.compareAndSet(true, false);
        }
        int taken = 0;
        try {
            RemovalBatch work = reservations.claimDue(wanted);
            taken = work.size();
            if (taken > 0) {
                metrics.taken(taken);
                inHand.addAndGet(taken);
                Thread.ofVirtual().name("clean-up").start(() -> finish(work));
            }
        } finally {
            room.release(wanted - taken);
        }
        return taken == wanted;
    }

    /**
     * Each machine makes room when it is done, so that a slow one takes up no more than its own; and only once, since work
     * may still end after the wait for it broke off.
     */
    private void finish(RemovalBatch work) {
        AtomicInteger held = new AtomicInteger(work.size());
        try {
            work.finish(() -> makeRoom(held.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? 1 : 0));
        } catch (RuntimeException e) {
            FailureLog.log("Taking %d machines back failed".formatted(work.size()), e);
        } finally {
            makeRoom(held.getAndSet(0));
        }
    }

    /** When the last tick left work for want of room, it goes on now and not only after the interval. */
    private void makeRoom(int machines) {
        inHand.addAndGet(-machines);
        room.release(machines);
        if (machines > 0 && roomWanted.compareAndSet(true, false)) {
            Thread.ofVirtual().name("clean-up-more").start(this::tick);
        }
    }

    /** How many reservations are being worked on. */
    public int inHand() {
        return inHand.get();
    }

    /** For how long no tick has begun or ended. */
    public Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastSign);
    }

    void takeUpNoMore(@Observes @Priority(JobTimer.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopping = true;
    }

    void stop(@Observes @Priority(BEFORE_ACCOUNT_WORK) ShutdownEvent shutdown) {
        stopping = true;
        if (inHand() > 0) {
            Log.infof("Stopping: waiting for the work on %d machines", inHand());
        }
        try {
            // all the room there is: no work is in hand, and no tick is about to take some up
            if (!room.tryAcquire(config.maxInHand(), config.shutdownTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                Log.warnf("Stopping with the work on %d machines not done; another scheduler, or the next start,"
                        + " takes it up", inHand());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
