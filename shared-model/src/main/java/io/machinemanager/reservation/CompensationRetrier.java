package io.machinemanager.reservation;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.DatabaseFailure;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Takes back what requests hold that were answered with a failure. When the database is away its answer to the last step
 * may be lost although the step was done: the client was told that it has nothing, so that is made true once the database
 * is back. Only if this process dies before that, the reservation lasts until its end.
 */
@ApplicationScoped
public class CompensationRetrier {

    private static final BackOff PAUSES = BackOff.between(Duration.ofSeconds(1), Duration.ofSeconds(10));

    private volatile boolean stopping;

    /**
     * Does something that has to be done, now or, when the database is away, as soon as it is back.
     *
     * @param what what it is about, as the start of a sentence
     * @param work does no harm the second time
     * @param cause the failure that made it necessary, to which further failures are added
     */
    public void insist(String what, Runnable work, RuntimeException cause) {
        try {
            work.run();
        } catch (RuntimeException e) {
            Log.errorf("%s: not settled at once: %s", what, e.getMessage());
            cause.addSuppressed(e);
            if (DatabaseFailure.isPassing(e)) {
                Thread.ofVirtual().name("owed-work").start(() -> repeat(what, work));
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
                Log.infof("%s: settled after all", what);
                return;
            } catch (RuntimeException e) {
                if (!DatabaseFailure.isPassing(e)) {
                    Log.errorf(e, "%s: not settled; the scheduler takes it back at the end of its time", what);
                    return;
                }
            }
        }
    }

    public void stop(@Observes ShutdownEvent shutdown) {
        stopping = true;
    }
}
