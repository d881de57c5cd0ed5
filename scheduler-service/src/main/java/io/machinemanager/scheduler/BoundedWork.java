package io.machinemanager.scheduler;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * Work that runs beside the job that starts it, and of which no more than a limit runs at once. When work is due for which
 * there is no room, the job runs again as soon as there is room, and not only after its interval.
 */
public final class BoundedWork {

    private final int limit;
    private final IntFunction<List<CompletableFuture<Void>>> starter;
    private final Runnable job;
    private final Semaphore room;
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean roomWanted = new AtomicBoolean();
    private volatile boolean stopping;

    /**
     * @param limit how many pieces of work run at once, at least 1
     * @param starter is given how many pieces of due work it may start, at least 1. It starts them and returns a future for
     *        each, which is completed when the piece is over, however it ended. It is called by one or more threads.
     * @param job calls {@link #startDue}; it runs on a virtual thread when there is room again
     */
    public BoundedWork(int limit, IntFunction<List<CompletableFuture<Void>>> starter, Runnable job) {
        this.limit = limit;
        this.starter = starter;
        this.job = job;
        this.room = new Semaphore(limit);
    }

    /**
     * Starts due work in batches, until nothing more is due or there is no room. Returns before the work is over.
     *
     * @param batch how many pieces are started at once, at least 1
     * @throws RuntimeException as the starter does; what was started before goes on
     */
    public void startDue(int batch) {
        boolean more = true;
        while (more && !stopping) {
            more = startBatch(batch);
        }
    }

    /** Starts one batch, and tells whether there may be more to start. */
    private boolean startBatch(int batch) {
        int wanted = Math.min(batch, room.availablePermits());
        if (wanted == 0 || !room.tryAcquire(wanted)) {
            roomWanted.set(true);
            // work that ended before the line above does not run the job again
            return room.availablePermits() > 0 && roomWanted.compareAndSet(true, false);
        }
        int started = 0;
        try {
            List<CompletableFuture<Void>> work = starter.apply(wanted);
            started = work.size();
            running.addAndGet(started);
            work.forEach(piece -> piece.whenComplete((done, failure) -> end()));
        } finally {
            room.release(wanted - started);
        }
        return started == wanted;
    }

    private void end() {
        running.decrementAndGet();
        room.release();
        if (roomWanted.compareAndSet(true, false)) {
            Thread.ofVirtual().name("more-work").start(job);
        }
    }

    /** How many pieces of work run now. */
    public int running() {
        return running.get();
    }

    /** Starts nothing more. What runs goes on. */
    public void startNoMore() {
        stopping = true;
    }

    /**
     * Starts nothing more, and waits until no work runs and no thread is about to start some.
     *
     * @return whether that was so before the time was up
     */
    public boolean drain(Duration atMost) throws InterruptedException {
        startNoMore();
        return room.tryAcquire(limit, atMost.toNanos(), TimeUnit.NANOSECONDS);
    }
}
