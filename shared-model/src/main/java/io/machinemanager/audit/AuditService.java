package io.machinemanager.audit;

import java.time.Duration;
import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;

/** Stores, finds and deletes audit entries. */
@ApplicationScoped
public class AuditService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final AuditLog audit;

    AuditService(RetryingTransactions transactions, DatabaseClock clock, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.audit = audit;
    }

    /** Stores an event in a transaction of its own, for actions that change nothing, such as a refused call. */
    public void record(AuditEvent event) {
        transactions.run(() -> audit.record(event));
    }

    /**
     * Finds entries, latest first.
     *
     * @param offset how many to skip
     * @param limit how many at most
     */
    public List<AuditEntry> find(AuditFilter filter, int offset, int limit) {
        return transactions.call(() -> AuditEntry.matching(filter, offset, limit));
    }

    /**
     * Deletes old entries.
     *
     * @param age how old; at least a day
     * @param limit how many at most, so that no lock is held for long
     * @return how many were deleted
     */
    public int purge(Duration age, int limit) {
        return transactions.call(() -> AuditEntry.deleteBefore(clock.now().minus(age), limit));
    }
}
