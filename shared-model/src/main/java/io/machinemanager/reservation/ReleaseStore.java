package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.playbook.PlaybookConfig;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * The steps from a lent machine back to a free one, each one short transaction, by the rules of {@link ReservationStore}.
 */
@ApplicationScoped
public class ReleaseStore {

    /** Of a caller that does not work on the reservation. */
    static final UUID NO_CLAIM = new UUID(0, 0);

    /** So many removals fail before the machine is reset with the account on it. */
    static final int FAILURES_BEFORE_RESET = 3;

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final RemovalMetrics metrics;
    private final AuditLog audit;
    private final QueueSignal queue;
    private final PlaybookConfig playbooks;

    ReleaseStore(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, ReservationConfig config,
            RemovalMetrics metrics, AuditLog audit, QueueSignal queue, PlaybookConfig playbooks) {
        this.playbooks = playbooks;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.config = config;
        this.metrics = metrics;
        this.audit = audit;
        this.queue = queue;
    }

    /**
     * Starts the release of live rows and claims them for the removal of their accounts. Rows that are being released are
     * claimed too, unless another worker has claimed them.
     *
     * @param cause why; a row that is being released keeps its first cause
     * @param evenIfPausing whether to claim failed removals that wait for their next try; failed resets are due then, too
     */
    public List<WorkItem> claimForRelease(ReservationSelector selector, ReleaseCause cause, UUID claim,
            boolean evenIfPausing) {
        return transactions.call(() -> {
            List<WorkItem> items = release(selector.lock(), cause, claim, evenIfPausing);
            if (cause == ReleaseCause.RELEASED_ALL) {
                audit.record(AuditEvent.of(AuditAction.ALL_RELEASED, null)
                        .detail("%d reservations".formatted(items.size())));
            }
            return items;
        });
    }

    /** Like {@link #claimForRelease}, of rows that the caller's transaction has locked. */
    List<WorkItem> release(List<Reservation> locked, ReleaseCause cause, UUID claim, boolean evenIfPausing) {
        Instant now = clock.now();
        if (evenIfPausing) {
            locked.stream().filter(r -> r.state == ReservationState.RESETTING && r.claimedBy == null)
                    .forEach(r -> r.nextAttemptAt = now);
        }
        return locked.stream()
                // the account is gone, or goes with the reset
                .filter(r -> r.state != ReservationState.RESETTING)
                .filter(r -> r.state != ReservationState.RELEASING || isUnclaimed(r, now))
                .filter(r -> r.state != ReservationState.RELEASING || evenIfPausing || !r.nextAttemptAt.isAfter(now))
                .flatMap(r -> release(r, cause, claim, now).stream()).toList();
    }

    /** Tells whether another worker, which has not ended, may be running a playbook on the machine. */
    private boolean isBeingPrepared(Reservation reservation, UUID claim, Instant now) {
        return reservation.state == ReservationState.PROVISIONING && playbooks.prepare().isPresent()
                && !reservation.isClaimedBy(claim)
                && Request.<Request>findByIdOptional(reservation.requestId)
                        .filter(request -> request.claimedUntil != null && request.claimedUntil.isAfter(now))
                        .isPresent();
    }

    /** Tells whether the selector matches any row. */
    boolean isLive(ReservationSelector selector) {
        return transactions.call(() -> !selector.find().isEmpty());
    }

    /** The sorted names of the machines whose accounts are still to be removed. */
    List<String> pending(ReservationSelector selector) {
        // rows in other states were allocated since the release
        return transactions.call(() -> selector.find().stream()
                .filter(r -> r.state == ReservationState.RELEASING
                        || r.state == ReservationState.RESETTING && r.accountGoneAt == null)
                .map(r -> r.machineName).sorted().toList());
    }

    /** Claims rows that are due, for whatever reason: what remains to be done is always the removal. */
    List<WorkItem> claimDue(UUID claim, int limit) {
        return transactions.call(() -> {
            Instant now = clock.now();
            return Reservation.lockDue(now, limit).stream()
                    .flatMap(r -> release(r, ReleaseCause.EXPIRED, claim, now).stream()).toList();
        });
    }

    private static boolean isUnclaimed(Reservation reservation, Instant now) {
        return reservation.claimedBy == null || !reservation.claimedUntil.isAfter(now);
    }

    /** Claims a row for its removal. Empty when the removal has to wait. */
    private Optional<WorkItem> release(Reservation reservation, ReleaseCause cause, UUID claim, Instant now) {
        if (reservation.state != ReservationState.RELEASING) {
            start(reservation, cause, claim, now);
        } else if (reservation.claimedBy != null) {
            ReservationEvent.record(reservation, now, Kind.REMOVAL_TAKEN_OVER, null);
        }
        if (reservation.maybeStillPrepared(now)) {
            return Optional.empty();
        }
        reservation.claim(claim, now.plus(config.claim()));
        return Optional.of(WorkItem.of(reservation, config.sudo(), secrets));
    }

    /**
     * Starts the release of a row in the caller's transaction. The removal is due at once, unless another worker may be
     * running a playbook on the machine. That worker notices the release and ends the playbook; if it does not, it does not
     * confirm the playbook either, which is over after the time of a claim.
     *
     * @param claim that of the caller
     */
    void start(Reservation reservation, ReleaseCause cause, UUID claim, Instant now) {
        // a caller who comes after the end did not end it
        ReleaseCause why = reservation.isOverdue(now) ? ReleaseCause.EXPIRED : cause;
        boolean waits = isBeingPrepared(reservation, claim, now);
        reservation.startReleasing(why, now);
        if (waits) {
            reservation.nextAttemptAt = now.plus(config.claim());
        }
        ReservationEvent.record(reservation, now, Kind.RELEASE_STARTED, why.name());
        audit.record(reservation.auditEvent(AuditAction.RESERVATION_ENDED, why.name()));
        Log.infof("Reservation %d on %s: releasing, %s", reservation.id, reservation.machineName, why);
    }

    /**
     * Records that the account is verified gone. This frees the machine, unless it is reset first.
     *
     * @return false, and nothing is changed, when the claim was lost
     */
    boolean released(UUID claim, WorkItem item) {
        boolean resets = playbooks.reset().isPresent();
        AtomicReference<Instant> goneAt = new AtomicReference<>();
        List<Reservation> released = transactions.call(() -> {
            Instant now = clock.now();
            goneAt.set(now);
            List<Reservation> claimed = Reservation.lockClaimed(claim, List.of(item));
            for (Reservation reservation : claimed) {
                if (reservation.releaseCause != ReleaseCause.PROVISIONING_FAILED) {
                    reservation.machine.succeeded(now);
                }
                if (resets) {
                    reservation.startResetting(now);
                } else {
                    reservation.machine.lastResetMillis = null;
                    reservation.release(now);
                }
                ReservationEvent.record(reservation, now, Kind.VERIFIED_GONE, null);
            }
            return claimed;
        });
        for (Reservation reservation : released) {
            Log.infof("%s: account %s verified gone, the machine %s", item, item.account(),
                    resets ? "is to be reset" : "is free");
            metrics.released(reservation, goneAt.get());
        }
        queue.machinesChanged();
        return !released.isEmpty();
    }

    /**
     * Records a failed removal. It is tried again later, and the machine is not free until it succeeds. A machine on which
     * the service never logged in is freed at once: there is nothing to remove.
     */
    void removalFailed(UUID claim, WorkItem item, AccountResult result) {
        List<Reservation> failed = transactions.call(() -> {
            Instant now = clock.now();
            List<Reservation> claimed = Reservation.lockClaimed(claim, List.of(item));
            for (Reservation reservation : claimed) {
                if (result.isUnreachable() && reservation.isCertainlyUntouched()) {
                    reservation.release(now);
                    ReservationEvent.record(reservation, now, Kind.NOTHING_MADE, null);
                    continue;
                }
                reservation.removalFailed(result, now.plus(BackOff.ofRemovals(config).after(reservation.attempts + 1)));
                ReservationEvent.record(reservation, now, Kind.REMOVAL_FAILED, result.reason());
                if (needsReset(reservation, result)) {
                    reservation.resetInstead(now);
                }
            }
            return claimed.stream().filter(r -> r.state != ReservationState.RELEASED).toList();
        });
        for (Reservation reservation : failed) {
            Log.warnf("%s: removal %d failed, %s at %s: %s", item, reservation.attempts,
                    reservation.state == ReservationState.RESETTING ? "to be reset" : "next try",
                    reservation.nextAttemptAt, result.reason());
            metrics.removalFailed(result.outcome());
        }
        queue.machinesChanged();
    }

    /**
     * Tells whether the account is to go with a reset of the machine: a user who became root can have made its removal
     * impossible, such as by another password for root.
     */
    private boolean needsReset(Reservation reservation, AccountResult result) {
        return playbooks.reset().isPresent() && result.isMachinesFault()
                && reservation.attempts >= FAILURES_BEFORE_RESET;
    }
}
