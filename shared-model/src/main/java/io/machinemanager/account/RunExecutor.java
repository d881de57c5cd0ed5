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

/** What the ways of doing account work have in common: tasks wait for a free run, and each is answered exactly once. */
public final class RunExecutor {

    /** How long ending the processes of a run may take, beyond its own limit. */
    public static final Duration ENDING = Duration.ofSeconds(15);

    /** Does the tasks of one run. */
    @FunctionalInterface
    public interface Run {

        /**
         * Does the tasks and returns within the time limit of a run, or soon when its thread is interrupted.
         *
         * @param tasks what is to be done, each for another machine
         * @param onResult is called with the place of a task as soon as its machine has answered
         * @return what is to be said of the machines that have not answered
         */
        AccountResult of(List<AccountTask> tasks, BiConsumer<Integer, AccountResult> onResult);
    }

    private final String name;
    private final RunQueue queue;
    private final Duration gathering;
    private final Run run;
    private final Set<Thread> underWay = ConcurrentHashMap.newKeySet();

    /**
     * @param name what the threads are called
     * @param queue decides which tasks go into a run
     * @param gathering for how long the first task waits for others to share its run with
     * @param run does them
     */
    public RunExecutor(String name, RunQueue queue, Duration gathering, Run run) {
        this.name = name;
        this.queue = queue;
        this.gathering = gathering;
        this.run = run;
    }

    /** See {@link AccountDriver#submit}. */
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        List<Job> jobs = tasks.stream().map(task -> new Job(task, new CompletableFuture<>())).toList();
        List<Job> sound = jobs.stream().filter(RunExecutor::isSound).toList();
        if (queue.add(sound)) {
            startRunsSoon();
        } else {
            sound.forEach(RunExecutor::refuseAtShutdown);
        }
        return jobs.stream().map(Job::result).toList();
    }

    /** Ends a job at once whose task cannot be carried out. */
    private static boolean isSound(Job job) {
        Optional<AccountResult> problem = AccountScript.problemWith(job.task())
                .map(reason -> new AccountResult(Outcome.REFUSED, reason))
                .or(() -> job.task().target().problem()
                        .map(reason -> new AccountResult(Outcome.UNREACHABLE, reason)));
        problem.ifPresent(job.result()::complete);
        return problem.isEmpty();
    }

    private void startRunsSoon() {
        if (gathering.isZero()) {
            startRuns();
        } else {
            Thread.ofVirtual().name(name).start(() -> {
                LockSupport.parkNanos(gathering.toNanos());
                startRuns();
            });
        }
    }

    private void startRuns() {
        for (List<Job> batch = queue.take(); !batch.isEmpty(); batch = queue.take()) {
            List<Job> jobs = batch;
            Thread.ofVirtual().name(name).start(() -> run(jobs));
        }
    }

    private void run(List<Job> batch) {
        Set<Job> unanswered = ConcurrentHashMap.newKeySet();
        unanswered.addAll(batch);
        underWay.add(Thread.currentThread());
        AccountResult silence = new AccountResult(Outcome.RUN_LOST,
                "The account work failed where Machine Manager runs.");
        try {
            silence = run.of(batch.stream().map(Job::task).toList(), (place, result) -> {
                if (unanswered.remove(batch.get(place))) {
                    end(batch.get(place), result);
                }
            });
        } catch (RuntimeException e) {
            Log.errorf(e, "A run of account work failed");
        } finally {
            underWay.remove(Thread.currentThread());
            for (Job job : batch) {
                if (unanswered.remove(job)) {
                    complete(job, silence);
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

    /** What callers attach to the future must not hold up the answers of other machines. */
    private static void complete(Job job, AccountResult result) {
        job.result().completeAsync(() -> result, task -> Thread.ofVirtual().name("account-result").start(task));
    }

    private static void refuseAtShutdown(Job job) {
        job.result().complete(new AccountResult(Outcome.NOT_STARTED, "Machine Manager is shutting down."));
    }

    /**
     * Takes no more work, and waits for the runs in hand, unless that was done before. Those that take longer are broken
     * off; what comes of them may find the database closed, and then their claims decide.
     *
     * @param patience how long that is
     */
    public void close(Duration patience) {
        if (queue.isClosed()) {
            return;
        }
        queue.close().forEach(RunExecutor::refuseAtShutdown);
        try {
            if (!queue.awaitIdle(patience)) {
                Log.warn("Account work takes longer than the end of the process waits for; it is broken off");
                underWay.forEach(Thread::interrupt);
                if (!queue.awaitIdle(ENDING)) {
                    Log.error("Account work is still under way at the end of the process");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
