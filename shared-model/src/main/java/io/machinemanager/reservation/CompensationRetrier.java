package io.machinemanager.reservation;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.DatabaseFailure;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Releases what a failed request has reserved, and tries again while the database is away. When the database's answer to a
 * commit is lost, the reservation may exist although the client was told that it failed. If this process dies before it
 * could be released, the reservation lasts until its end.
 */
@ApplicationScoped
public class CompensationRetrier {

    private static final BackOff PAUSES = BackOff.between(Duration.ofSeconds(1), Duration.ofSeconds(10));

    private volatile boolean stopping;

    /**
     * Does the work now. When the database is away, it repeats it in the background until it succeeds.
     *
     * @param what the subject of log lines, such as a request
     * @param work must be idempotent
     * @param cause the failure that is compensated; a failure of the work is added to it as suppressed
     */
    public void retry(String what, Runnable work, RuntimeException cause) {
        try {
            work.run();
        } catch (RuntimeException e) {
            Log.errorf("%s: not released yet: %s", what, e.getMessage());
            cause.addSuppressed(e);
            if (DatabaseFailure.isPassing(e)) {
                Thread.ofVirtual().name("compensation").start(() -> repeat(what, work));
            }
        }
    }

    private void repeat(String what, Runnable work) {
        for (int failures = 1; !stopping; failures++) {
            LockSupport.parkNanos(PAUSES.after(Math.min(failures, 10)).toNanos());
            if (stopping) {
                return;
            }
            try {
                work.run();
                Log.infof("%s: released after retries", what);
                return;
            } catch (RuntimeException e) {
                if (!DatabaseFailure.isPassing(e)) {
                    Log.errorf(e, "%s: not released; the scheduler releases it at its end", what);
                    return;
                }
            }
        }
    }

    public void stop(@Observes ShutdownEvent shutdown) {
        stopping = true;
    }
}
