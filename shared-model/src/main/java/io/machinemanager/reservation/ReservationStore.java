package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.audit.Actor;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SealedJson;
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
    private final AuditLog audit;
    private final SealedJson sealedJson;
    private final ReleaseStore releases;
    private final QueueSignal queue;
    private final RequestMetrics metrics;

    ReservationStore(RetryingTransactions transactions, DatabaseClock clock, ReservationConfig config,
            MachineConfig machineConfig, AuditLog audit, SealedJson sealedJson,
            ReleaseStore releases, QueueSignal queue, RequestMetrics metrics) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.machineConfig = machineConfig;
        this.audit = audit;
        this.sealedJson = sealedJson;
        this.releases = releases;
        this.queue = queue;
        this.metrics = metrics;
    }

    /**
     * Renews a claim for another claim time, on a request or on reservations whose accounts are removed or whose machines
     * are reset.
     *
     * @param excluded ids of reservations on which the worker does not work any more
     * @return whether anything is still under the claim
     */
    public boolean renew(UUID claim, Set<Long> excluded) {
        return transactions.call(() -> {
            Instant until = clock.now().plus(config.claim());
            return Reservation.renew(claim, excluded, until) + Request.renew(claim, until) > 0;
        });
    }

    /**
     * Activates a request and its reservations, whose accounts are made. Their time starts together.
     *
     * @param made the machines that have the account
     * @param call the call that waits for the answer, which the same transaction stores when the call has an idempotency key;
     *        empty for a request that has left the queue
     * @return the answer; empty, and nothing is changed, when the claim was lost or a reservation was released meanwhile
     */
    Optional<Lease> activate(AllocationRequest request, List<WorkItem> made, Optional<NewRequest> call) {
        Optional<Lease> lease = transactions.call(() -> {
            Instant now = clock.now();
            Instant until = now.plus(Duration.ofMinutes(request.minutes()));
            List<Reservation> rows = Reservation.lockLiveOf(request.requestId());
            Map<Boolean, List<Reservation>> byWork = rows.stream()
                    .filter(row -> row.state == ReservationState.PROVISIONING && row.isClaimedBy(request.claim()))
                    .collect(Collectors.partitioningBy(row -> hasItem(made, row)));
            Request served = Request.lockById(request.requestId()).orElse(null);
            if (byWork.get(true).size() < made.size() || served == null || !served.isClaimedBy(request.claim())) {
                return Optional.empty();
            }
            byWork.get(true).forEach(reservation -> activate(reservation, served, now, until));
            // what could not be recorded about these is not known, so something may be on their machines
            byWork.get(false)
                    .forEach(row -> releases.start(row, ReleaseCause.PROVISIONING_FAILED, request.claim(), now));
            served.activate(now);
            metrics.served(served);
            Lease answer = Lease.of(request, made, until, call.map(NewRequest::generated).orElse(null));
            call.ifPresent(waiting -> keep(served, answer));
            return Optional.of(answer);
        });
        lease.ifPresent(of -> made.forEach(item -> Log.infof("%s: active until %s", item, of.reservedUntil())));
        return lease;
    }

    private static boolean hasItem(List<WorkItem> items, Reservation row) {
        return items.stream().anyMatch(item -> item.reservationId() == row.id);
    }

    private void activate(Reservation reservation, Request served, Instant now, Instant until) {
        reservation.activate(now, until);
        reservation.machine.succeeded(now);
        ReservationEvent.record(reservation, now, Kind.ACCOUNT_MADE, null);
        audit.record(reservation.auditEvent(AuditAction.RESERVED,
                "account %s until %s%s".formatted(reservation.account, until, served.auditedNote())));
    }

    private void keep(Request served, Lease answer) {
        if (served.idempotencyKey != null) {
            served.sealedAnswer = sealedJson.seal(served.keyOwner(), answer);
        }
        served.sealedPassword = null;
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
        queue.machinesChanged();
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
