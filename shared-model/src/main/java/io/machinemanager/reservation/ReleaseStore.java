package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * The steps of the life cycle from a machine that somebody has back to a free one, with the same rules as those of
 * {@link ReservationStore}.
 */
@ApplicationScoped
public class ReleaseStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final RemovalMetrics metrics;
    private final AuditLog audit;

    ReleaseStore(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, ReservationConfig config,
            RemovalMetrics metrics, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.config = config;
        this.metrics = metrics;
        this.audit = audit;
    }

    /**
     * Ends live rows and claims them for the removal of their accounts. Rows that are on their way out already are
     * claimed too, when nobody works on them.
     *
     * @param which the rows, among the live ones
     * @param cause why; a row that is on its way out already keeps its own
     * @param evenIfPausing whether removals that failed and wait for their next try are taken as well
     */
    public List<WorkItem> claimForRelease(ReservationSelector which, ReleaseCause cause, UUID claim,
            boolean evenIfPausing) {
        return transactions.call(() -> {
            List<WorkItem> items = release(which, cause, claim, evenIfPausing);
            if (cause == ReleaseCause.RELEASED_ALL) {
                audit.record(AuditEvent.of(AuditAction.ALL_RELEASED, null)
                        .detail("%d reservations".formatted(items.size())));
            }
            return items;
        });
    }

    /** Like {@link #claimForRelease}, as a part of the caller's transaction. */
    List<WorkItem> release(ReservationSelector which, ReleaseCause cause, UUID claim, boolean evenIfPausing) {
        Instant now = clock.now();
        return which.lock().stream()
                .filter(r -> r.state != ReservationState.RELEASING || isUnclaimed(r, now))
                .filter(r -> r.state != ReservationState.RELEASING || evenIfPausing || !r.nextAttemptAt.isAfter(now))
                .map(r -> release(r, cause, claim, now)).toList();
    }

    /** Tells whether there is any such row. */
    boolean isLive(ReservationSelector which) {
        return transactions.call(() -> !which.find().isEmpty());
    }

    /** The names of the machines whose accounts are still to be removed, sorted. */
    List<String> pending(ReservationSelector which) {
        // what is not on its way out was lent anew meanwhile
        return transactions.call(() -> which.find().stream().filter(r -> r.state == ReservationState.RELEASING)
                .map(r -> r.machineName).sorted().toList());
    }

    /** Claims rows that wait for somebody, whatever for: all that is left to do with any of them is the removal. */
    List<WorkItem> claimDue(UUID claim, int limit) {
        return transactions.call(() -> {
            Instant now = clock.now();
            return Reservation.lockDue(now, limit).stream().map(r -> release(r, causeOfDue(r), claim, now)).toList();
        });
    }

    private static ReleaseCause causeOfDue(Reservation due) {
        return due.state == ReservationState.PROVISIONING ? ReleaseCause.WORKER_LOST : ReleaseCause.EXPIRED;
    }

    private static boolean isUnclaimed(Reservation reservation, Instant now) {
        return reservation.claimedBy == null || !reservation.claimedUntil.isAfter(now);
    }

    private WorkItem release(Reservation reservation, ReleaseCause cause, UUID claim, Instant now) {
        if (reservation.state != ReservationState.RELEASING) {
            // who comes too late did not end it: its lateness counts
            ReleaseCause why = reservation.isOverdue(now) ? ReleaseCause.EXPIRED : cause;
            reservation.startReleasing(why, now);
            ReservationEvent.record(reservation, now, Kind.RELEASE_STARTED, why.name());
            audit.record(reservation.act(AuditAction.RESERVATION_ENDED, why.name()));
            Log.infof("Reservation %d on %s: releasing, %s", reservation.id, reservation.machineName, why);
        } else if (reservation.claimedBy != null) {
            ReservationEvent.record(reservation, now, Kind.REMOVAL_TAKEN_OVER, null);
        }
        reservation.claim(claim, now.plus(config.claim()));
        return WorkItem.of(reservation, config.sudo(), secrets);
    }

    /**
     * The account is verified gone: the machine is free.
     *
     * @return false when the claim was lost, in which case nothing is changed
     */
    boolean released(UUID claim, WorkItem item) {
        List<Reservation> released = transactions.call(() -> {
            Instant now = clock.now();
            List<Reservation> held = Reservation.lockHeld(claim, List.of(item));
            for (Reservation reservation : held) {
                reservation.release(now);
                ReservationEvent.record(reservation, now, Kind.VERIFIED_GONE, null);
                if (reservation.releaseCause != ReleaseCause.PROVISIONING_FAILED) {
                    reservation.machine.succeeded(now);
                }
            }
            return held;
        });
        for (Reservation reservation : released) {
            Log.infof("%s: account %s verified gone, the machine is free", item, item.account());
            metrics.released(reservation);
        }
        return !released.isEmpty();
    }

    /**
     * A removal failed: it is tried again later, and until then the machine stays held. It is given back when nobody ever
     * logged in there.
     */
    void removalFailed(UUID claim, WorkItem item, AccountResult result) {
        List<Reservation> failed = transactions.call(() -> {
            Instant now = clock.now();
            List<Reservation> held = Reservation.lockHeld(claim, List.of(item));
            for (Reservation reservation : held) {
                if (result.isUnreachable() && reservation.isSurelyUntouched()) {
                    reservation.release(now);
                    ReservationEvent.record(reservation, now, Kind.NOTHING_MADE, null);
                    continue;
                }
                reservation.removalFailed(result, now.plus(BackOff.ofRemovals(config).after(reservation.attempts + 1)));
                ReservationEvent.record(reservation, now, Kind.REMOVAL_FAILED, result.reason());
            }
            return held.stream().filter(r -> r.state == ReservationState.RELEASING).toList();
        });
        for (Reservation reservation : failed) {
            Log.warnf("%s: removal %d failed, next try at %s: %s", item, reservation.attempts,
                    reservation.nextAttemptAt, result.reason());
            metrics.removalFailed(result.outcome());
        }
    }
}
