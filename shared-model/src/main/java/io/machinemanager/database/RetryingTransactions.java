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
 * Runs short pieces of work, each in a transaction of its own, and again when the transaction lost a race: a deadlock, a
 * lock wait that took too long, a duplicate key, or a row that another transaction has deleted meanwhile.
 */
@ApplicationScoped
public class RetryingTransactions {

    static final int ATTEMPTS = 8;
    // On a busy host the other transactions may take seconds. The client waits rather than gets an error.
    private static final Duration RETRY_TIME = Duration.ofSeconds(10);
    private static final int LONGEST_PAUSE_STEP = 6;
    // each attempt may wait for a server that does not answer
    private static final int ATTEMPTS_IF_BROKEN = 3;

    private static final Set<Integer> LOST_RACES = Set.of(1205, 1020, 1062, 1452);

    /** After all that a stop waits for and that may still write to the database. */
    private static final int LAST = 5000;
    // Longer than one statement waits for a database that does not answer (socketTimeout).
    private static final int LONGEST_STATEMENT_SECONDS = 35;

    /** Each transaction has the read lock. The stop of the process takes the write lock and keeps it. */
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

    /**
     * Runs work in a new transaction.
     *
     * @param work may run several times, so it must not have effects outside the database
     * @return the result of the run that was committed
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

    /** A transaction that begins while the database is closed would hold up the end of the process until its time-out. */
    void close(@Observes @Priority(LAST) ShutdownEvent shutdown) throws InterruptedException {
        if (!gate.writeLock().tryLock(LONGEST_STATEMENT_SECONDS, TimeUnit.SECONDS)) {
            Log.warnf("Stopping although %d transactions are under way", gate.getReadLockCount());
        }
    }

    private <T> T callOpen(Supplier<T> work) {
        long began = System.nanoTime();
        for (int attempt = 1;; attempt++) {
            try {
                return QuarkusTransaction.requiringNew().call(() -> checked(work));
            } catch (RuntimeException e) {
                if (!isLostRace(e) || e instanceof Broken && attempt >= ATTEMPTS_IF_BROKEN
                        || attempt >= ATTEMPTS && System.nanoTime() - began > RETRY_TIME.toNanos()) {
                    throw e;
                }
                Log.debugf("Lost a race in the database, attempt %d: %s", attempt, e.getMessage());
                pause(attempt);
            }
        }
    }

    /**
     * In a transaction that can only be rolled back, as after a lost connection, Hibernate's {@code find} finds nothing
     * (HHH-12472). So neither a result nor an error of the work counts then, and the work runs again.
     */
    private static <T> T checked(Supplier<T> work) {
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
     * Tells whether another transaction was in the way: SQL state 40001 (deadlock, serialisation), MariaDB's errors 1205
     * (lock wait timeout), 1020 (record has changed), 1062 (duplicate key) and 1452 (the row of a foreign key is gone), or
     * Hibernate's exception for a row that another transaction has deleted.
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
     * Tells whether a transaction that ended with this failure may have been committed all the same: the answer to the
     * commit got lost.
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
            super("the transaction broke while the work ran");
        }
    }
}
