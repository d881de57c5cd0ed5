package io.machinemanager.scheduler.probe;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobTimer;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.probe.ProbeService;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Looks at the machines, each in its turn.
 *
 * <p>
 * A tick only begins the looks; they go on beside it. So a machine that does not answer holds up neither the next tick nor
 * the machines that come after it, and what there was no room for is looked at as soon as there is.
 */
@ApplicationScoped
public class ProbeJob {

    /** Account work is shut down in observers of ordinary priority, and so are the looks, which are account work. */
    private static final int AFTER_ACCOUNT_WORK = 3000;
    // A probe changes nothing and is soon made again, so a stop does not wait for machines that do not answer.
    private static final int RECORDING_SECONDS = 1;

    private final ProbeService probes;
    private final Semaphore room;
    private final int atOnce;
    private final AtomicBoolean roomWanted = new AtomicBoolean();
    private volatile boolean stopping;

    ProbeJob(ProbeService probes, MachineConfig config) {
        this.probes = probes;
        this.atOnce = config.healthConcurrency();
        this.room = new Semaphore(atOnce);
    }

    void stop(@Observes @Priority(JobTimer.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopping = true;
    }

    /** Waits a moment until it is recorded what came of the looks. */
    void awaitRecords(@Observes @Priority(AFTER_ACCOUNT_WORK) ShutdownEvent shutdown) throws InterruptedException {
        if (!room.tryAcquire(atOnce, RECORDING_SECONDS, TimeUnit.SECONDS)) {
            Log.infof("%d probes are under way and will be made again", atOnce - room.availablePermits());
        }
    }

    /** Begins to look at all machines whose turn it is, as far as there is room. Returns before it is done; never throws. */
    public void tick() {
        try {
            boolean more = true;
            while (more && !stopping) {
                more = beginLooks();
            }
        } catch (RuntimeException e) {
            FailureLog.log("Looking at the machines failed", e);
        }
    }

    /** Begins as many looks as there is room for, and tells whether there may be more to begin. */
    private boolean beginLooks() {
        int wanted = room.availablePermits();
        if (wanted == 0 || !room.tryAcquire(wanted)) {
            roomWanted.set(true);
            // made since the look, by one who did not know yet that it is wanted
            return room.availablePermits() > 0 && roomWanted.compareAndSet(true, false);
        }
        int begun = 0;
        try {
            List<CompletableFuture<Void>> looks = probes.probeDue(wanted);
            begun = looks.size();
            looks.forEach(look -> look.whenComplete((done, failure) -> makeRoom()));
        } finally {
            room.release(wanted - begun);
        }
        return begun == wanted;
    }

    /** When the last tick left machines for want of room, it goes on now and not only after the interval. */
    private void makeRoom() {
        room.release();
        if (roomWanted.compareAndSet(true, false)) {
            Thread.ofVirtual().name("probe-more").start(this::tick);
        }
    }
}
