package io.machinemanager.job;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

import io.quarkus.logging.Log;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;

/**
 * Has the jobs planned anew when the host's clock was set. Quarkus' scheduler compares times of the wall clock: after
 * the clock was set back by an hour, it would start no job for an hour. So each second this compares the wall clock with
 * the monotonic clock, which nobody can set.
 */
@Singleton
class ClockWatchdog {

    /** A smaller step delays a job by less than this, and only once. */
    private static final long SMALLEST_STEP_MILLIS = 1000;

    private static final long CHECK_MILLIS = 1000;

    private final JobScheduler jobs;
    private final LongSupplier wallMillis;
    private final LongSupplier monotonicNanos;
    private long difference;

    @Inject
    ClockWatchdog(JobScheduler jobs) {
        this(jobs, System::currentTimeMillis, System::nanoTime);
    }

    ClockWatchdog(JobScheduler jobs, LongSupplier wallMillis, LongSupplier monotonicNanos) {
        this.jobs = jobs;
        this.wallMillis = wallMillis;
        this.monotonicNanos = monotonicNanos;
        this.difference = difference();
    }

    void start(@Observes StartupEvent start, Vertx vertx) {
        // its timers follow the monotonic clock, and a stop does not wait for them
        vertx.setPeriodic(CHECK_MILLIS, timer -> check());
    }

    /** Plans the jobs anew if the clock was set since the last call. */
    void check() {
        long now = difference();
        long step = now - difference;
        difference = now;
        if (Math.abs(step) >= SMALLEST_STEP_MILLIS) {
            Log.infof("The clock of this host was set by %d ms; the jobs are planned anew", step);
            jobs.planAnew();
        }
    }

    private long difference() {
        return wallMillis.getAsLong() - TimeUnit.NANOSECONDS.toMillis(monotonicNanos.getAsLong());
    }
}
