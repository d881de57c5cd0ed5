package io.machinemanager.account;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Decides which tasks go into the next run: all that wait, up to the size of a batch, but never two for one machine, and
 * none for a machine that is still being worked on.
 */
public final class RunQueue {

    /**
     * A task that waits or is under way.
     *
     * @param result completes with what came of it
     */
    record Job(AccountTask task, CompletableFuture<AccountResult> result) {

        String machine() {
            return task.target().machine();
        }
    }

    private final int concurrentRuns;
    private final int batchSize;
    private final Set<Job> waiting = new LinkedHashSet<>();
    private final Map<String, Job> busy = new HashMap<>();
    private int runs;
    private boolean closed;

    public RunQueue(int concurrentRuns, int batchSize) {
        this.concurrentRuns = concurrentRuns;
        this.batchSize = batchSize;
    }

    /**
     * Adds jobs.
     *
     * @return false when the queue is closed
     */
    synchronized boolean add(List<Job> jobs) {
        return !closed && (waiting.addAll(jobs) || jobs.isEmpty());
    }

    /**
     * Takes the jobs of one run, for which {@link #runEnded} must be called later.
     *
     * @return nothing when there is no free run, or no job that may start now
     */
    synchronized List<Job> take() {
        List<Job> batch = new ArrayList<>();
        if (runs == concurrentRuns) {
            return batch;
        }
        for (var jobs = waiting.iterator(); jobs.hasNext() && batch.size() < batchSize;) {
            Job job = jobs.next();
            if (busy.putIfAbsent(job.machine(), job) == null) {
                jobs.remove();
                batch.add(job);
            }
        }
        runs += batch.isEmpty() ? 0 : 1;
        return batch;
    }

    /** Frees the machine of a job that has ended before its run. */
    synchronized void jobEnded(Job job) {
        busy.remove(job.machine(), job);
    }

    /** Frees a run and its machines. */
    synchronized void runEnded(List<Job> batch) {
        batch.forEach(this::jobEnded);
        runs--;
        notifyAll();
    }

    /** Whether it takes no more jobs. */
    synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Takes no more jobs from now on.
     *
     * @return those that were not started
     */
    synchronized List<Job> close() {
        closed = true;
        List<Job> left = List.copyOf(waiting);
        waiting.clear();
        return left;
    }

    /**
     * Waits until no run is under way.
     *
     * @return whether that is so; false when it took longer than the limit
     */
    synchronized boolean awaitIdle(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (runs > 0) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
