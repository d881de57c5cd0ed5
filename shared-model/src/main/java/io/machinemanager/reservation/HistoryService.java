package io.machinemanager.reservation;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;

/** Deletes old requests. */
@ApplicationScoped
public class HistoryService {

    /** How long a repeated call gets the first answer. */
    static final Duration KEY_RETENTION = Duration.ofHours(24);

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;

    HistoryService(RetryingTransactions transactions, DatabaseClock clock) {
        this.transactions = transactions;
        this.clock = clock;
    }

    /** Forgets the idempotency keys of old requests and the answers to them. */
    public void forgetKeys() {
        transactions.run(() -> Request.forgetKeysBefore(clock.now().minus(KEY_RETENTION)));
    }

    /**
     * Deletes requests that ended long ago, with their reservations and events.
     *
     * @param age how long ago
     * @param limit how many at most, so that no lock is held for long
     * @return how many were deleted
     */
    public int purge(Duration age, int limit) {
        return transactions.call(() -> Request.deleteEndedBefore(clock.now().minus(age), limit));
    }
}
