package io.machinemanager.job;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import io.machinemanager.database.FailureLog;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduler;
import io.quarkus.scheduler.Trigger;

/**
 * Runs the jobs of a service with Quarkus' scheduler, each on a virtual thread. Its triggers follow the wall clock:
 * {@link ClockWatchdog} has the jobs planned anew when that was set.
 */
@Singleton
public class JobScheduler {

    /** A job of several parts observes the stop with this priority and begins no further part. */
    public static final int BEFORE_JOBS_ARE_AWAITED = 40;
    /** Before the service waits for the account work that the jobs have begun, and long before the database is closed. */
    private static final int AWAIT_JOBS = 50;
    /** Longer than a statement waits for a database that does not answer (socketTimeout). */
    private static final Duration LONGEST_PART = Duration.ofSeconds(35);

    private final Scheduler scheduler;
    private final List<Job> jobs = new CopyOnWriteArrayList<>();
    private volatile boolean stopping;

    JobScheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /**
     * Runs a job within a second, and again after each interval; a run may come up to a second late, since the scheduler
     * checks its triggers once a second. A run that is due while the last one is under way is left out. An exception of a
     * run is logged, and the next run comes all the same. Does nothing when the scheduler is disabled, as in tests.
     *
     * @param name identifies the job, also in the log
     * @param interval the time from one start to the next in whole seconds, at least 1
     */
    public void every(String name, Duration interval, Runnable work) {
        if (scheduler.isStarted()) {
            Job job = new Job(name, interval, work, new Semaphore(1), new AtomicReference<>(Instant.MIN));
            jobs.add(job);
            plan(job);
        }
    }

    private void plan(Job job) {
        scheduler.newJob(job.name).setInterval(job.interval.toString())
                .setTask(execution -> run(job, execution.getFireTime()), true).schedule();
    }

    private void run(Job job, Instant due) {
        job.lastDue.accumulateAndGet(due, (last, next) -> next.isAfter(last) ? next : last);
        if (stopping || !job.idle.tryAcquire()) {
            return;
        }
        try {
            job.work.run();
        } catch (RuntimeException e) {
            FailureLog.log("The job %s failed".formatted(job.name), e);
        } catch (Error e) {
            Log.errorf(e, "The job %s failed", job.name);
        } finally {
            job.idle.release();
        }
    }

    /** Forgets when each job ran last, so that it runs within a second and then after each interval. */
    void planAnew() {
        if (stopping) {
            return;
        }
        jobs.forEach(job -> {
            scheduler.unscheduleJob(job.name);
            job.lastDue.set(Instant.MIN);
            plan(job);
        });
    }

    /** Waits for the jobs: a transaction of theirs would hold up the end of the process once the database is closed. */
    void stop(@Observes @Priority(AWAIT_JOBS) ShutdownEvent shutdown) {
        stopping = true;
        long end = System.nanoTime() + LONGEST_PART.toNanos();
        Map<Job, Trigger> triggers = new LinkedHashMap<>();
        jobs.forEach(job -> triggers.put(job, scheduler.unscheduleJob(job.name)));
        try {
            for (Job job : jobs) {
                if (!begins(job, triggers.get(job), end)
                        || !job.idle.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    Log.warnf("Stopping although the job %s has not ended within %d s", job.name,
                            LONGEST_PART.toSeconds());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        jobs.clear();
    }

    /**
     * Waits until the last run that the scheduler has started is on its virtual thread, and says whether it is. A run gets
     * there by way of an event loop; one that got there after the end of the beans would fail.
     */
    private static boolean begins(Job job, Trigger trigger, long end) throws InterruptedException {
        while (trigger != null && trigger.getPreviousFireTime() != null
                && job.lastDue.get().isBefore(trigger.getPreviousFireTime())) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return true;
    }

    /**
     * What is run again and again.
     *
     * @param idle is taken while the job runs, so that runs do not overlap. The scheduler could leave out such runs too, but
     *        forgets a run that is under way when the job is planned anew.
     * @param lastDue when the last run was due that has begun, of those since the job was planned
     */
    private record Job(String name, Duration interval, Runnable work, Semaphore idle,
            AtomicReference<Instant> lastDue) {
    }
}
