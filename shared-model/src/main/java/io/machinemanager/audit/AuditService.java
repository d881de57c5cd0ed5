package io.machinemanager.audit;

import java.time.Duration;
import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;

/** Looks up what was done. */
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

    /** Writes down something that changes nothing in the database, such as a call that was refused. */
    public void record(AuditEvent act) {
        transactions.run(() -> audit.record(act));
    }

    /**
     * Entries that fit, the latest first.
     *
     * @param offset how many to leave out at the start
     * @param limit how many at the most
     */
    public List<AuditEntry> find(AuditFilter filter, int offset, int limit) {
        return transactions.call(() -> AuditEntry.matching(filter, offset, limit));
    }

    /**
     * Forgets what was done long ago.
     *
     * @param age how long ago, by the database's time; at least a day
     * @param limit the most that this call deletes, so that no lock is held for long
     * @return how many entries were deleted
     */
    public int purge(Duration age, int limit) {
        return transactions.call(() -> AuditEntry.deleteBefore(clock.now().minus(age), limit));
    }
}
