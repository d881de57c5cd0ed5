package io.machinemanager.reservation;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;

/** The reservations that are over. */
@ApplicationScoped
public class HistoryService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;

    HistoryService(RetryingTransactions transactions, DatabaseClock clock) {
        this.transactions = transactions;
        this.clock = clock;
    }

    /**
     * Forgets reservations that ended long ago, with all that is known about them.
     *
     * @param age how long ago, by the database's time
     * @param limit the most that this call deletes, so that no lock is held for long
     * @return how many were deleted
     */
    public int purge(Duration age, int limit) {
        return transactions.call(() -> Reservation.deleteReleasedBefore(clock.now().minus(age), limit));
    }
}
