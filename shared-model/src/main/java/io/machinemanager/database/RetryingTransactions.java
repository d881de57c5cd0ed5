package io.machinemanager.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Status;

import org.hibernate.StaleStateException;

import io.machinemanager.error.DomainException;
import io.machinemanager.error.UnavailableException;
import io.quarkus.logging.Log;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.narayana.jta.QuarkusTransactionException;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Runs short pieces of work each in a transaction of its own, and again when the database chose them as the loser of a
 * race: a deadlock, a lock wait that took too long, a unique constraint that another transaction met first, or a row that
 * another one has deleted meanwhile.
 */
@ApplicationScoped
public class RetryingTransactions {

    static final int ATTEMPTS = 8;
    // on a busy host those who are ahead may take seconds; a client is rather kept waiting than told of it
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST_PAUSE_STEP = 6;
    // each may wait for a server that does not answer
    private static final int ATTEMPTS_IF_BROKEN = 3;

    private static final Set<Integer> LOST_RACES = Set.of(1205, 1020, 1062, 1452);

    /** After everything that a stop waits for and that may still record something. */
    private static final int LAST = 5000;
    // Longer than one statement waits for a database that does not answer (socketTimeout).
    private static final int LONGEST_STATEMENT_SECONDS = 35;

    /** Each transaction holds it for reading, the stop of the process for writing, and for ever. */
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

    /**
     * Runs work in a new transaction.
     *
     * @param work may run several times, so it must not have effects outside the database
     * @return what the work returned the time it was committed
     * @throws UnavailableException when the process ends and the database is about to be closed
     */
    public <T> T call(Supplier<T> work) {
        if (!gate.readLock().tryLock()) {
            throw new UnavailableException("The service is stopping.");
        }
        try {
            return callOpen(work);
        } finally {
            gate.readLock().unlock();
        }
    }

    /** A transaction that began while the database is closed would hold up the end of the process until its time-out. */
    void close(@Observes @Priority(LAST) ShutdownEvent shutdown) throws InterruptedException {
        if (!gate.writeLock().tryLock(LONGEST_STATEMENT_SECONDS, TimeUnit.SECONDS)) {
            Log.warnf("Stopping although %d transactions are under way", gate.getReadLockCount());
        }
    }

    private <T> T callOpen(Supplier<T> work) {
        long began = System.nanoTime();
        for (int attempt = 1;; attempt++) {
            try {
                return QuarkusTransaction.requiringNew().call(() -> believed(work));
            } catch (RuntimeException e) {
                if (!isLostRace(e) || e instanceof Broken && attempt >= ATTEMPTS_IF_BROKEN
                        || attempt >= ATTEMPTS && System.nanoTime() - began > PATIENCE.toNanos()) {
                    throw e;
                }
                Log.debugf("Lost a race in the database, attempt %d: %s", attempt, e.getMessage());
                pause(attempt);
            }
        }
    }

    /**
     * Once a transaction is doomed, as by a connection that died, Hibernate's {@code find} says that nothing is there
     * (HHH-12472). Whatever the work made of that, be it a result or an error for the client, it has to look again.
     */
    private static <T> T believed(Supplier<T> work) {
        try {
            T result = work.get();
            checkAlive();
            return result;
        } catch (DomainException e) {
            checkAlive();
            throw e;
        }
    }

    private static void checkAlive() {
        if (QuarkusTransaction.getStatus() != Status.STATUS_ACTIVE) {
            throw new Broken();
        }
    }

    /** Like {@link #call}, for work without a result. */
    public void run(Runnable work) {
        call(() -> {
            work.run();
            return null;
        });
    }

    /**
     * Tells whether another transaction got in the way: SQL state 40001 (deadlock, serialisation), MariaDB's errors 1205
     * (lock wait timeout), 1020 (record has changed), 1062 (duplicate key) and 1452 (what a row refers to is gone), or
     * Hibernate's finding that a row it read is not there to be changed or deleted.
     */
    static boolean isLostRace(Throwable failure) {
        for (Throwable cause : ExceptionCauses.of(failure)) {
            if (cause instanceof LostRaceException || cause instanceof StaleStateException) {
                return true;
            }
            if (cause instanceof SQLException sql) {
                return "40001".equals(sql.getSQLState()) || LOST_RACES.contains(sql.getErrorCode());
            }
        }
        return false;
    }

    /**
     * Tells whether a transaction that ended with this failure may have been executed all the same: the work was done, and
     * the database's answer to the commit was not understood or got lost.
     */
    public static boolean mayBeDone(RuntimeException failure) {
        return failure instanceof QuarkusTransactionException;
    }

    private static void pause(int attempt) {
        long most = TimeUnit.MILLISECONDS.toNanos(5L << Math.min(attempt, LONGEST_PAUSE_STEP));
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most / 2, most));
    }

    private static final class Broken extends LostRaceException {

        private static final long serialVersionUID = 1;

        private Broken() {
            super("the transaction broke while it was worked in");
        }
    }
}
