package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.audit.Actor;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.group.LimitsService;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.quarkus.logging.Log;

/**
 * The steps from an allocated machine to a running reservation, each one short transaction. Nothing here talks to a
 * machine: the worker that does holds a claim, and a step whose claim was lost writes nothing. {@link AllocationStore} has
 * the step before, {@link ReleaseStore} the steps after.
 */
@ApplicationScoped
public class ReservationStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReservationConfig config;
    private final MachineConfig machineConfig;
    private final LimitsService limits;
    private final AuditLog audit;
    private final Event<ClaimRenewed> claimRenewed;

    ReservationStore(RetryingTransactions transactions, DatabaseClock clock, ReservationConfig config,
            MachineConfig machineConfig, LimitsService limits, AuditLog audit, Event<ClaimRenewed> claimRenewed) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.machineConfig = machineConfig;
        this.limits = limits;
        this.audit = audit;
        this.claimRenewed = claimRenewed;
    }

    /**
     * Renews a claim for another claim time, together with the idempotency key of its request.
     *
     * @param excluded ids of rows on which the worker does not work any more
     */
    public void renew(UUID claim, Set<Long> excluded) {
        transactions.run(() -> {
            Instant until = clock.now().plus(config.claim());
            Reservation.renew(claim, excluded, until);
            Reservation.provisioningUnder(claim)
                    .ifPresent(row -> claimRenewed.fire(new ClaimRenewed(row.ownerId, row.requestId, until)));
        });
    }

    /**
     * Activates all reservations of a request, whose accounts are made. Their time starts together.
     *
     * @param alsoDone runs in the same transaction and is given the end; an exception from it undoes everything
     * @return the end of the reservations; empty, and nothing is changed, when the claim on any row was lost
     */
    Optional<Instant> activate(UUID claim, Collection<WorkItem> items, int minutes, Consumer<Instant> alsoDone) {
        Optional<Instant> end = transactions.call(() -> {
            Instant now = clock.now();
            Instant until = now.plus(Duration.ofMinutes(minutes));
            List<Reservation> claimed = Reservation.lockClaimed(claim, items);
            if (claimed.size() < items.size()
                    || claimed.stream().anyMatch(r -> r.state != ReservationState.PROVISIONING)) {
                return Optional.empty();
            }
            for (Reservation reservation : claimed) {
                reservation.activate(now, until);
                reservation.machine.succeeded(now);
                ReservationEvent.record(reservation, now, Kind.ACCOUNT_MADE, null);
                audit.record(reservation.auditEvent(AuditAction.RESERVED,
                        "account %s until %s".formatted(reservation.account, until)));
            }
            alsoDone.accept(until);
            return Optional.of(until);
        });
        end.ifPresent(until -> items.forEach(item -> Log.infof("%s: active until %s", item, until)));
        return end;
    }

    /**
     * Records that an account could not be made. The reservation is to be released; it is released at once when nothing was
     * changed on the machine for certain. The machine leaves the pool for a while when the failure is its fault.
     *
     * @param caller the user to name in the audit; empty for the owner
     * @return false, and nothing is changed, when the claim was lost
     */
    public boolean accountFailed(UUID claim, WorkItem item, AccountResult result, Optional<Actor> caller) {
        boolean recorded = transactions.call(() -> {
            List<Reservation> rows = Reservation.lockClaimed(claim, List.of(item));
            rows.forEach(reservation -> accountFailed(reservation, result, caller, clock.now()));
            return !rows.isEmpty();
        });
        Log.warnf("%s: no account could be made: %s", item, result.reason());
        return recorded;
    }

    private void accountFailed(Reservation reservation, AccountResult result, Optional<Actor> caller, Instant now) {
        boolean nothingMade = reservation.state == ReservationState.PROVISIONING
                && (result.leavesNothing() || result.isUnreachable() && reservation.machine.lastSeenAt == null);
        ReservationEvent.record(reservation, now, Kind.ACCOUNT_FAILED, result.reason());
        reservation.startReleasing(ReleaseCause.PROVISIONING_FAILED, now);
        reservation.accountFailed(result);
        audit.record(reservation.auditEvent(AuditAction.RESERVED, result.reason()).outcome(AuditOutcome.FAILED)
                .by(caller.orElseGet(() -> new Actor(reservation.ownerName, null, null))));
        if (result.isMachinesFault()) {
            takeOutOfPool(reservation.machine, result, now);
        }
        if (result.isUnreachable()) {
            reservation.nextAttemptAt = now.plus(BackOff.ofRemovals(config).after(1));
        }
        if (nothingMade) {
            reservation.release(now);
            ReservationEvent.record(reservation, now, Kind.NOTHING_MADE, null);
        }
    }

    /** Reads the machine again under a lock: a probe may count a failure at the same time, and both must count. */
    private void takeOutOfPool(Machine machine, AccountResult result, Instant now) {
        Machine.getEntityManager().refresh(machine, LockModeType.PESSIMISTIC_WRITE);
        if (result.outcome() == Outcome.UNUSABLE) {
            machine.unusableReason = result.reason();
            return;
        }
        BackOff backOff = BackOff.between(machineConfig.sitOut(), machineConfig.sitOutMax());
        machine.failed(causeOf(result), result.reason(), now.plus(backOff.after(machine.failures + 1)));
    }

    private static UnavailableCause causeOf(AccountResult result) {
        return switch (result.outcome()) {
            case HOST_KEY_CHANGED -> UnavailableCause.HOST_KEY;
            case UNREACHABLE -> UnavailableCause.UNREACHABLE;
            default -> UnavailableCause.ACCOUNT_WORK;
        };
    }

    /**
     * Moves the end of a running reservation. The lock on the row decides between this and the expiry: the first one to
     * get it wins.
     *
     * @throws NotFoundException when there is no such reservation
     * @throws ConflictException when it is not running
     * @throws InvalidRequestException when the new end is not in the future, or exceeds what the owner may have
     */
    Reservation extend(long reservationId, NewEnd newEnd, Consumer<ReservationDetails> condition) {
        Reservation extended = transactions.call(() -> {
            Reservation reservation = Reservation.lockById(reservationId)
                    .orElseThrow(() -> Reservation.notFound(reservationId));
            Instant now = clock.now();
            condition.accept(new ReservationDetails(now, reservation, ReservationEvent.of(reservationId)));
            if (!reservation.isRunning(now)) {
                throw new ConflictException("The reservation %d is over or being made, and cannot be changed."
                        .formatted(reservationId));
            }
            reservation.moveEnd(newEnd.checked(reservation.startedAt, now, longestMinutes(reservation)));
            ReservationEvent.record(reservation, now, Kind.EXTENDED, "to " + reservation.reservedUntil);
            audit.record(reservation.auditEvent(AuditAction.RESERVATION_EXTENDED, "to " + reservation.reservedUntil));
            return reservation;
        });
        Log.infof("Reservation %d on %s: ends at %s now", reservationId, extended.machineName, extended.reservedUntil);
        return extended;
    }

    private int longestMinutes(Reservation reservation) {
        return limits.of(reservation.ownerId).orElseGet(limits::withoutGroup).longestMinutes();
    }

    /**
     * Returns one reservation, live or past, with its events.
     *
     * @throws NotFoundException when there is no such reservation
     */
    ReservationDetails details(long reservationId) {
        return transactions.call(() -> {
            Reservation reservation = Reservation.withMachine(reservationId)
                    .orElseThrow(() -> Reservation.notFound(reservationId));
            return new ReservationDetails(clock.now(), reservation, ReservationEvent.of(reservationId));
        });
    }
}
