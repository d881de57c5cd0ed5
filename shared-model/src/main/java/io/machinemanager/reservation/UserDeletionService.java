package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.user.TokenStatusCache;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/** Deletes users and releases their reservations. */
@ApplicationScoped
public class UserDeletionService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReleaseStore store;
    private final AccountWorker worker;
    private final RequestEnd ends;
    private final AuditLog audit;
    private final TokenStatusCache recent;

    UserDeletionService(RetryingTransactions transactions, DatabaseClock clock, ReleaseStore store,
            AccountWorker worker, RequestEnd ends, AuditLog audit, TokenStatusCache recent) {
        this.transactions = transactions;
        this.clock = clock;
        this.store = store;
        this.worker = worker;
        this.ends = ends;
        this.audit = audit;
        this.recent = recent;
    }

    /**
     * Deletes a user. The same transaction starts the release of the user's reservations and makes the user's tokens invalid.
     * Then the accounts are removed from the machines; the scheduler removes what cannot be removed now.
     *
     * @throws NotFoundException when there is no such user
     * @throws ConflictException when the user is the last admin
     */
    public void delete(String username) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = delete(username, claim);
        Log.infof("User %s deleted; %d reservations are being released", username, items.size());
        worker.remove(claim, items);
    }

    private List<WorkItem> delete(String username, UUID claim) {
        try {
            return transactions.call(() -> deleteAndClaim(username, claim));
        } catch (ConflictException e) {
            // in a transaction of its own: that of the deletion was rolled back
            transactions.run(() -> audit.record(AuditEvent.of(AuditAction.USER_DELETED, username)
                    .outcome(AuditOutcome.REFUSED).detail(e.getMessage())));
            throw e;
        } finally {
            recent.forget();
        }
    }

    private List<WorkItem> deleteAndClaim(String username, UUID claim) {
        List<User> admins = User.lockAdmins();
        User user = User.lockByName(username).orElseThrow(() -> User.notFound(username));
        if (user.admin && admins.size() == 1) {
            throw new ConflictException("%s is the last admin and cannot be deleted.".formatted(username));
        }
        List<WorkItem> claimed = store.release(new ReservationSelector.OfOwner(user.id).lock(),
                ReleaseCause.OWNER_DELETED, claim, true);
        Reservation.update("ownerId = null where ownerId = ?1", user.id);
        Instant now = clock.now();
        Request.lockUnserved(user.id)
                .forEach(request -> ends.end(request, RequestState.CANCELLED, "Its owner was deleted.", now));
        Request.disown(user.id);
        user.delete();
        audit.record(AuditEvent.of(AuditAction.USER_DELETED, username)
                .detail("%d reservations are being released".formatted(claimed.size())));
        return claimed;
    }
}
