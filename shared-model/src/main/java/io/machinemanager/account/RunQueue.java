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
 * Decides which tasks go into the next run: all waiting tasks, up to the size of a batch, but only one for each machine,
 * and none for a machine that a current run works on.
 */
public final class RunQueue {

    /**
     * A task that is waiting or running.
     *
     * @param result completes with the result of the task
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

    /**
     * @param concurrentRuns how many runs there may be at once, at least 1
     * @param batchSize how many tasks a run may have, at least 1
     */
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
     * Removes the jobs of the next run from the queue. The caller must call {@link #runEnded} when that run has ended.
     *
     * @return the jobs; empty when no run is free, or no job may start now
     */
    synchronized List<Job> nextBatch() {
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

    /** Frees the machine of a job that has a result before its run has ended. */
    synchronized void jobEnded(Job job) {
        busy.remove(job.machine(), job);
    }

    /** Frees a run and its machines. */
    synchronized void runEnded(List<Job> batch) {
        batch.forEach(this::jobEnded);
        runs--;
        notifyAll();
    }

    /** Whether the queue refuses new jobs. */
    synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Refuses new jobs from now on.
     *
     * @return the jobs that were not started
     */
    synchronized List<Job> close() {
        closed = true;
        List<Job> left = List.copyOf(waiting);
        waiting.clear();
        return left;
    }

    /**
     * Waits until there is no current run.
     *
     * @return false when that took longer than the limit
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
