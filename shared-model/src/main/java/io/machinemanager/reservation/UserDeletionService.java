package io.machinemanager.reservation;

import java.util.List;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.user.TokenStatusCache;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/** Deletes users, which takes back what they hold. */
@ApplicationScoped
public class UserDeletionService {

    private final RetryingTransactions transactions;
    private final ReleaseStore store;
    private final AccountWorker worker;
    private final AuditLog audit;
    private final TokenStatusCache recent;

    UserDeletionService(RetryingTransactions transactions, ReleaseStore store, AccountWorker worker, AuditLog audit,
            TokenStatusCache recent) {
        this.transactions = transactions;
        this.store = store;
        this.worker = worker;
        this.audit = audit;
        this.recent = recent;
    }

    /**
     * Deletes a user. In one and the same transaction its reservations start to be released; from then on its tokens are
     * worthless. Then the accounts are removed from the machines, and what cannot be removed now is left to the scheduler.
     *
     * @throws NotFoundException when there is no such user
     * @throws ConflictException when it is the last admin
     */
    public void delete(String username) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = delete(username, claim);
        Log.infof("User %s deleted; %d reservations are being released", username, items.size());
        worker.remove(claim, items);
    }

    private List<WorkItem> delete(String username, UUID claim) {
        try {
            return transactions.call(() -> deleted(username, claim));
        } catch (ConflictException e) {
            // apart, since the transaction that was refused leaves no trace
            transactions.run(() -> audit.record(AuditEvent.of(AuditAction.USER_DELETED, username)
                    .outcome(AuditOutcome.REFUSED).detail(e.getMessage())));
            throw e;
        } finally {
            recent.forget();
        }
    }

    private List<WorkItem> deleted(String username, UUID claim) {
        List<User> admins = User.lockAdmins();
        User user = User.lockByName(username).orElseThrow(() -> User.unknown(username));
        if (user.admin && admins.size() == 1) {
            throw new ConflictException("%s is the last admin and cannot be deleted.".formatted(username));
        }
        List<WorkItem> held = store.release(new ReservationSelector.OfOwner(user.id), ReleaseCause.OWNER_DELETED, claim,
                true);
        Reservation.update("ownerId = null where ownerId = ?1", user.id);
        user.delete();
        audit.record(AuditEvent.of(AuditAction.USER_DELETED, username)
                .detail("%d reservations are being released".formatted(held.size())));
        return held;
    }
}
