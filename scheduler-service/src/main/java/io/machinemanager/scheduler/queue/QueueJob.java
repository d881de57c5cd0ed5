package io.machinemanager.scheduler.queue;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobScheduler;
import io.machinemanager.reservation.QueueService;
import io.machinemanager.scheduler.BoundedWork;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Serves the queue. A run of the job lasts until the process stops or the database fails: it asks at short intervals whether
 * a request waits and machines may have become free. The accounts are made beside it.
 */
@ApplicationScoped
public class QueueJob {

    /** Before account work itself is shut down, which happens in observers of ordinary priority. */
    private static final int BEFORE_ACCOUNT_WORK = 100;
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(90);
    /** How often the whole queue is read for requests that no machines match any more. */
    private static final Duration MATCH_INTERVAL = Duration.ofSeconds(5);

    /** How often it asks whether machines may have become free, while a request waits. */
    private static final Duration POLL = Duration.ofMillis(250);
    /** How often it asks whether any request waits, while none does. */
    private static final Duration IDLE_POLL = Duration.ofMillis(500);
    /** How often it plans at least while a request waits, in case that a signal got lost. */
    private static final Duration PLAN = Duration.ofSeconds(1);
    /** For how many requests this process makes accounts at the same time. */
    private static final int MAX_RUNNING = 100;

    private final QueueService queue;
    private final BoundedWork served;
    private volatile boolean stopping;
    private long plannedFor = -1;
    private long plannedAt;
    private long matchedAt = System.nanoTime() - MATCH_INTERVAL.toNanos();

    QueueJob(QueueService queue, QueueMetrics metrics) {
        this.queue = queue;
        this.served = new BoundedWork(MAX_RUNNING, most -> metrics.dispatch(() -> queue.dispatch(most)),
                this::dispatch);
    }

    /** Serves the queue until the process stops; ends with the failure of the database, after which the job runs again. */
    public void run() {
        while (!stopping) {
            LockSupport.parkNanos((step() ? POLL : IDLE_POLL).toNanos());
        }
    }

    /**
     * Plans if that may be of use.
     *
     * @return whether any request waits
     */
    boolean step() {
        QueueService.State state = queue.state();
        boolean due = System.nanoTime() - plannedAt >= PLAN.toNanos();
        if (state.isAnyWaiting() && (due || state.signals() != plannedFor)) {
            plannedFor = state.signals();
            if (due) {
                plannedAt = System.nanoTime();
                endUnservable();
            }
            served.startDue(MAX_RUNNING);
        }
        return state.isAnyWaiting();
    }

    /** A failure of this must not hold up the requests that can be served. */
    private void endUnservable() {
        try {
            queue.endOverdue();
            if (System.nanoTime() - matchedAt >= MATCH_INTERVAL.toNanos()) {
                matchedAt = System.nanoTime();
                queue.endUnmatched();
            }
        } catch (RuntimeException e) {
            FailureLog.log("Ending requests that cannot be served failed", e);
        }
    }

    private void dispatch() {
        try {
            served.startDue(MAX_RUNNING);
        } catch (RuntimeException e) {
            FailureLog.log("Serving the queue failed", e);
        }
    }

    /** For how many requests this process makes accounts. */
    public int running() {
        return served.running();
    }

    void startNoMore(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        stopping = true;
        served.startNoMore();
    }

    void stop(@Observes @Priority(BEFORE_ACCOUNT_WORK) ShutdownEvent shutdown) throws InterruptedException {
        if (!served.drain(SHUTDOWN_TIMEOUT)) {
            Log.warnf("Stopping while the accounts of %d requests are made; another scheduler takes them up",
                    running());
        }
    }
}
