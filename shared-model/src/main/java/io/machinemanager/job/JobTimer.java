package io.machinemanager.job;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Repeats jobs for as long as the process lives. It counts the time that passes and never asks the host what time it is,
 * so a clock that is set back by an hour does not stop the jobs for that hour.
 */
@ApplicationScoped
public class JobTimer {

    /** The priority of observers of a stop by which a job of several parts learns that it begins no further part. */
    public static final int BEFORE_JOBS_ARE_AWAITED = 40;
    /** Before the account work that the jobs have begun is waited for, and long before the database is closed. */
    private static final int FIRST = 50;
    // Longer than one statement waits for a database that does not answer (socketTimeout).
    private static final Duration LONGEST_PART = Duration.ofSeconds(35);
    // More than there are jobs, so that a slow one holds up no other.
    private static final int AT_ONCE = 8;

    private final JobConfig config;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(AT_ONCE,
            Thread.ofVirtual().name("job-", 0).factory());

    JobTimer(JobConfig config) {
        this.config = config;
    }

    /**
     * Runs a job soon, and again each time that its last run has ended and the interval has passed. What a run throws is
     * logged, and the next one comes all the same. Does nothing when jobs are switched off.
     *
     * @param name what it is called in the log
     * @param interval the pause between two runs; longer than 0
     */
    public void every(String name, Duration interval, Runnable job) {
        if (config.enabled()) {
            timer.scheduleWithFixedDelay(() -> run(name, job), 0, interval.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private static void run(String name, Runnable job) {
        try {
            job.run();
        } catch (RuntimeException e) {
            FailureLog.log("The job %s failed".formatted(name), e);
        } catch (Error e) {
            Log.errorf(e, "The job %s failed", name);
        }
    }

    /** Waits for the jobs: a transaction of theirs would hold up the end of the process once the database is closed. */
    void stop(@Observes @Priority(FIRST) ShutdownEvent shutdown) {
        timer.shutdown();
        try {
            if (!timer.awaitTermination(LONGEST_PART.toMillis(), TimeUnit.MILLISECONDS)) {
                Log.warnf("Stopping although a job has not ended within %d s", LONGEST_PART.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
