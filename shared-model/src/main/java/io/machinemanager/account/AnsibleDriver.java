package io.machinemanager.account;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.RunQueue.Job;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Does account work by Ansible. Tasks that come while all runs are taken wait and then share one; a run has one ssh call
 * for each machine.
 */
@ApplicationScoped
public class AnsibleDriver implements AccountDriver {

    // Beyond a run's own limit: for ending its processes.
    private static final Duration SHUTDOWN_MARGIN = Duration.ofSeconds(15);

    private final AccountConfig config;
    private final AnsibleFiles files;
    private final RunQueue queue;

    AnsibleDriver(AccountConfig config) {
        this.config = config;
        this.files = new AnsibleFiles(config.workDir().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"))));
        this.queue = new RunQueue(Math.max(1, config.concurrentRuns()), Math.max(1, config.batchSize()));
    }

    @Override
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        List<Job> jobs = tasks.stream().map(task -> new Job(task, new CompletableFuture<>())).toList();
        List<Job> sound = jobs.stream().filter(AnsibleDriver::isSound).toList();
        if (queue.add(sound)) {
            startRuns();
        } else {
            sound.forEach(AnsibleDriver::refuseAtShutdown);
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

    private void startRuns() {
        for (List<Job> batch = queue.take(); !batch.isEmpty(); batch = queue.take()) {
            List<Job> jobs = batch;
            Thread.ofVirtual().name("ansible-run").start(() -> run(jobs));
        }
    }

    private void run(List<Job> batch) {
        Set<Job> unanswered = ConcurrentHashMap.newKeySet();
        unanswered.addAll(batch);
        AccountResult silence = new AccountResult(Outcome.FAILED, "The account work failed.");
        try {
            List<AccountTask> tasks = batch.stream().map(Job::task).toList();
            silence = new AnsibleRun(files, config, tasks, (place, result) -> {
                if (unanswered.remove(batch.get(place))) {
                    end(batch.get(place), result);
                }
            }).run();
        } catch (RuntimeException e) {
            Log.errorf(e, "A run of account work failed");
        } finally {
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

    void onShutdown(@Observes ShutdownEvent event) {
        close();
    }

    /** Takes no more work, and waits for the runs in hand, which end at the latest with their time limit. */
    @PreDestroy
    void close() {
        queue.close().forEach(AnsibleDriver::refuseAtShutdown);
        try {
            if (!queue.awaitIdle(config.runTimeout().plus(SHUTDOWN_MARGIN))) {
                Log.error("Account work is still under way at the end of the process");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        files.close();
    }
}
