package io.machinemanager.job;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.Failures;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Repeats jobs for as long as the process lives. It counts the time that passes and never asks the host what time it is,
 * so a clock that is set back by an hour does not stop the jobs for that hour.
 */
@ApplicationScoped
public class JobTimer {

    /** Before what the jobs do is waited for, and long before the database goes. */
    private static final int FIRST = 50;
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
            Failures.log("The job %s failed".formatted(name), e);
        } catch (Error e) {
            Log.errorf(e, "The job %s failed", name);
        }
    }

    void stop(@Observes @Priority(FIRST) ShutdownEvent shutdown) {
        timer.shutdown();
    }
}
