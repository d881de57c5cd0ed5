package io.machinemanager.account;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.RunQueue.Job;
import io.quarkus.logging.Log;

/** Runs tasks for both drivers: tasks wait for a free run, and each gets exactly one result. */
public final class RunExecutor {

    /** How long it may take to end the processes of a run, after its own time limit. */
    public static final Duration END_TIMEOUT = Duration.ofSeconds(15);

    /** Does the tasks of one run. */
    @FunctionalInterface
    public interface Run {

        /**
         * Does the tasks. Returns within the time limit of a run, or soon when its thread is interrupted.
         *
         * @param tasks the tasks, each for another machine
         * @param onResult gets the index of a task and its result, as soon as the machine has answered
         * @return the result for machines that have not answered
         */
        AccountResult of(List<AccountTask> tasks, BiConsumer<Integer, AccountResult> onResult);
    }

    private final String name;
    private final RunQueue queue;
    private final Duration batchDelay;
    private final Run run;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    /**
     * @param name the name of the threads
     * @param queue decides which tasks go into a run
     * @param batchDelay how long the first task waits for others to share its run; zero for not at all
     * @param run does the tasks of one run
     */
    public RunExecutor(String name, RunQueue queue, Duration batchDelay, Run run) {
        this.name = name;
        this.queue = queue;
        this.batchDelay = batchDelay;
        this.run = run;
    }

    /** See {@link AccountDriver#submit}. */
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        List<Job> jobs = tasks.stream().map(task -> new Job(task, new CompletableFuture<>())).toList();
        List<Job> valid = jobs.stream().filter(RunExecutor::isValid).toList();
        if (queue.add(valid)) {
            startRunsSoon();
        } else {
            valid.forEach(RunExecutor::refuseAtShutdown);
        }
        return jobs.stream().map(Job::result).toList();
    }

    /** Whether the task of a job can be done. If not, completes the job. */
    private static boolean isValid(Job job) {
        Optional<AccountResult> problem = AccountScript.problemWith(job.task())
                .map(reason -> new AccountResult(Outcome.REFUSED, reason))
                .or(() -> job.task().target().problem()
                        .map(reason -> new AccountResult(Outcome.UNREACHABLE, reason)));
        problem.ifPresent(job.result()::complete);
        return problem.isEmpty();
    }

    private void startRunsSoon() {
        if (batchDelay.isZero()) {
            startRuns();
        } else {
            Thread.ofVirtual().name(name).start(() -> {
                LockSupport.parkNanos(batchDelay.toNanos());
                startRuns();
            });
        }
    }

    private void startRuns() {
        for (List<Job> batch = queue.nextBatch(); !batch.isEmpty(); batch = queue.nextBatch()) {
            List<Job> jobs = batch;
            Thread.ofVirtual().name(name).start(() -> run(jobs));
        }
    }

    private void run(List<Job> batch) {
        Set<Job> unanswered = ConcurrentHashMap.newKeySet();
        unanswered.addAll(batch);
        running.add(Thread.currentThread());
        AccountResult unansweredResult = new AccountResult(Outcome.RUN_LOST,
                "The account work failed where Machine Manager runs.");
        try {
            unansweredResult = run.of(batch.stream().map(Job::task).toList(), (index, result) -> {
                if (unanswered.remove(batch.get(index))) {
                    end(batch.get(index), result);
                }
            });
        } catch (RuntimeException e) {
            Log.errorf(e, "A run of account work failed");
        } finally {
            running.remove(Thread.currentThread());
            for (Job job : batch) {
                if (unanswered.remove(job)) {
                    complete(job, unansweredResult);
                }
            }
            queue.runEnded(batch);
            startRuns();
        }
    }

    private void end(Job job, AccountResult result) {
        queue.jobEnded(job);
        complete(job, result);
        startRuns();
    }

    /** In a thread of its own, as code that callers attach to the future must not delay the results of other machines. */
    private static void complete(Job job, AccountResult result) {
        job.result().completeAsync(() -> result, task -> Thread.ofVirtual().name("account-result").start(task));
    }

    private static void refuseAtShutdown(Job job) {
        job.result().complete(new AccountResult(Outcome.NOT_STARTED, "Machine Manager is shutting down."));
    }

    /**
     * Refuses new tasks and waits for the current runs. Runs that take longer than the timeout are interrupted. If the
     * database is closed when such a run ends, its result is not recorded, and the work is repeated when its claim has
     * expired. Calling this again does nothing.
     *
     * @param timeout how long to wait for the current runs
     */
    public void close(Duration timeout) {
        if (queue.isClosed()) {
            return;
        }
        queue.close().forEach(RunExecutor::refuseAtShutdown);
        try {
            if (!queue.awaitIdle(timeout)) {
                Log.warn("Account work is still running at the end of the shutdown time; it is interrupted");
                running.forEach(Thread::interrupt);
                if (!queue.awaitIdle(END_TIMEOUT)) {
                    Log.error("Account work could not be interrupted before the end of the process");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
