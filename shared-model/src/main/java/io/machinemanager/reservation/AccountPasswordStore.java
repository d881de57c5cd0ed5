package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.secret.SecretBox;

/** The transactions of a change of the password on the machines of a request. */
@ApplicationScoped
class AccountPasswordStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReservationConfig config;
    private final SecretBox secrets;
    private final AuditLog audit;

    AccountPasswordStore(RetryingTransactions transactions, DatabaseClock clock, ReservationConfig config,
            SecretBox secrets, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.secrets = secrets;
        this.audit = audit;
    }

    /**
     * Claims a request and reads what its machines are. The claim is not renewed: when it runs out the scheduler ends it, and
     * the change does not count.
     *
     * @return empty, and nothing is claimed, while another worker has claimed the request
     * @throws ConflictException when the request is not active
     */
    Optional<List<WorkItem>> claim(long requestId, UUID claim) {
        return transactions.call(() -> {
            List<Reservation> rows = Reservation.lockLiveOf(requestId);
            Request request = Request.lockById(requestId).orElseThrow(() -> Request.notFound(requestId));
            Instant now = clock.now();
            if (!request.state.isOpen()) {
                throw request.gone();
            }
            List<Reservation> running = rows.stream().filter(row -> row.isRunning(now)).toList();
            if (request.state != RequestState.ACTIVE || running.isEmpty()) {
                throw new ConflictException("The request %d has no machines now.".formatted(requestId));
            }
            if (request.claimedBy != null) {
                return Optional.empty();
            }
            request.claim(claim, now.plus(config.claim()));
            return Optional.of(running.stream().map(row -> WorkItem.of(row, config.sudo(), secrets)).toList());
        });
    }

    /**
     * Records the new password of those machines that are still lent, and ends the claim.
     *
     * @throws ConflictException when the claim was lost: another password may have been set since
     */
    void changed(long requestId, UUID claim, List<WorkItem> items, String hash) {
        transactions.run(() -> {
            List<Reservation> rows = Reservation.lockAll(items.stream().map(WorkItem::reservationId).toList());
            Request request = Request.lockById(requestId).filter(of -> of.isClaimedBy(claim))
                    .orElseThrow(() -> new ConflictException("It took too long; set a password again."));
            rows.stream().filter(row -> row.state == ReservationState.ACTIVE).forEach(row -> row.passwordHash = hash);
            request.clearClaim();
            request.sealedPassword = null;
            audit.record(request.auditEvent(AuditAction.REQUEST_PASSWORD_CHANGED,
                    "on %d machines".formatted(items.size())));
        });
    }

    /** Ends the claim and changes nothing else. */
    void giveUp(long requestId, UUID claim) {
        transactions.run(() -> Request.endClaim(requestId, claim));
    }
}
