package io.machinemanager.reservation;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;

/** Deletes old reservations. */
@ApplicationScoped
public class HistoryService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;

    HistoryService(RetryingTransactions transactions, DatabaseClock clock) {
        this.transactions = transactions;
        this.clock = clock;
    }

    /**
     * Deletes reservations that were released long ago, with their events.
     *
     * @param age how long ago
     * @param limit how many at most, so that no lock is held for long
     * @return how many were deleted
     */
    public int purge(Duration age, int limit) {
        return transactions.call(() -> Reservation.deleteReleasedBefore(clock.now().minus(age), limit));
    }
}
