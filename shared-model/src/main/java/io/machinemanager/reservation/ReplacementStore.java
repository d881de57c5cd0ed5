package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.LostRaceException;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.quarkus.logging.Log;

/** The transactions that replace a lent machine that does not answer any more. */
@ApplicationScoped
public class ReplacementStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final AllocationStore allocations;
    private final QueuePlanning queue;
    private final AccountEnds ends;
    private final ReservationConfig config;
    private final AuditLog audit;

    ReplacementStore(RetryingTransactions transactions, DatabaseClock clock, AllocationStore allocations,
            QueuePlanning queue, AccountEnds ends, ReservationConfig config, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.allocations = allocations;
        this.queue = queue;
        this.ends = ends;
        this.config = config;
        this.audit = audit;
    }

    /**
     * Allocates a free machine, spares included, to replace the one of a running reservation. The old reservation stays as
     * it is until {@link #activateReplacement}.
     *
     * @return the new machine; empty when the reservation is not running, a replacement is being prepared already, or no
     *         machine is free
     */
    public Optional<WorkItem> claimReplacement(long reservationId, UUID claim) {
        return transactions.call(() -> {
            Reservation lost = lock(reservationId);
            Instant now = clock.now();
            Request request = Request.lockById(lost.requestId).orElseThrow();
            Set<Long> tried = PastReservations.machinesTriedFor(lost.requestId);
            // these would refuse the account's name again
            Set<Long> refused = PastReservations.refusalsOf(List.of(lost.requestId)).getOrDefault(lost.requestId,
                    Set.of());
            // while the request is claimed, another machine of it is being replaced
            if (!lost.isRunning(now) || request.claimedBy != null) {
                return Optional.empty();
            }
            MachineFilter filter = MachineFilter.of(request).without(refused);
            List<FreeMachine> free = lockFree(now, tried.size() + 1, filter);
            if (free.isEmpty()) {
                if (FreeMachines.count(now, filter) > 0) {
                    throw new LostRaceException("other requests have locked the free machines");
                }
                return Optional.empty();
            }
            request.claim(claim, now.plus(config.claim()));
            FreeMachine spare = free.stream().filter(machine -> !tried.contains(machine.id())).findFirst()
                    .orElseGet(free::getFirst);
            WorkItem item = allocations.insert(List.of(spare), requestOf(lost, request, claim), now).getFirst();
            Log.infof("Reservation %d on %s does not answer: %s is to replace it", reservationId, lost.machineName,
                    item);
            return Optional.of(item.until(ends.of(lost.requestId, lost.reservedUntil, now)));
        });
    }

    /** Leaves the machines for which requests wait, unless there are no others: the user of the lost machine comes first. */
    private List<FreeMachine> lockFree(Instant now, int count, MachineFilter filter) {
        Set<Long> meant = queue.meantForWaiting();
        List<FreeMachine> others = meant.isEmpty()
                ? List.of()
                : FreeMachines.lock(now, count, filter.without(meant));
        return others.isEmpty() ? FreeMachines.lock(now, count, filter) : others;
    }

    private AllocationRequest requestOf(Reservation lost, Request request, UUID claim) {
        AllocationRequest values = AllocationRequest.of(request, claim, config.sudo());
        return new AllocationRequest(values.requestId(), values.requester(), values.account(),
                WorkItem.login(lost, config.sudo()), lost.durationMinutes, values.filter(), claim, values.place());
    }

    /**
     * Activates the replacement, whose account is made, until the end of the old reservation, and releases the old one.
     *
     * @return false, and nothing is changed, when the claim was lost or the old reservation is not running any more
     */
    public boolean activateReplacement(UUID claim, WorkItem item, long reservationId) {
        boolean activated = transactions.call(() -> {
            Reservation lost = lock(reservationId);
            List<Reservation> claimed = Reservation.lockClaimed(claim, List.of(item));
            Instant now = clock.now();
            if (claimed.isEmpty() || claimed.getFirst().state != ReservationState.PROVISIONING
                    || !lost.isRunning(now)) {
                return false;
            }
            replace(lost, claimed.getFirst(), now);
            Request.lockById(lost.requestId).ifPresent(Request::clearClaim);
            return true;
        });
        if (activated) {
            Log.infof("%s has replaced reservation %d, until the same end", item, reservationId);
        }
        return activated;
    }

    /** Ends the claim of a worker whose machine could not replace the lost one, unless work is left for the scheduler. */
    public void giveUpReplacement(UUID claim, long reservationId) {
        transactions.run(() -> {
            long request = lock(reservationId).requestId;
            boolean unrecorded = Reservation.lockLiveOf(request).stream()
                    .anyMatch(row -> row.state == ReservationState.PROVISIONING);
            Request.lockById(request).filter(of -> of.isClaimedBy(claim) && !unrecorded)
                    .ifPresent(Request::clearClaim);
        });
    }

    private void replace(Reservation lost, Reservation replacement, Instant now) {
        replacement.activate(now, lost.reservedUntil);
        replacement.startedAt = lost.startedAt;
        replacement.durationMinutes = lost.durationMinutes;
        replacement.machine.succeeded(now);
        ReservationEvent.record(replacement, now, Kind.ACCOUNT_MADE, null);
        ReservationEvent.record(replacement, now, Kind.REPLACES,
                "Reservation %d on %s".formatted(lost.id, lost.machineName));
        ReservationEvent.record(lost, now, Kind.REPLACED,
                "Reservation %d on %s".formatted(replacement.id, replacement.machineName));
        lost.startReleasing(ReleaseCause.MACHINE_LOST, now);
        audit.record(replacement.auditEvent(AuditAction.RESERVED, "in place of %s, account %s until %s"
                .formatted(lost.machineName, replacement.account, replacement.reservedUntil)));
        audit.record(lost.auditEvent(AuditAction.RESERVATION_ENDED, ReleaseCause.MACHINE_LOST.name()));
        ReservationEvent.record(lost, now, Kind.RELEASE_STARTED, ReleaseCause.MACHINE_LOST.name());
    }

    private static Reservation lock(long reservationId) {
        return Reservation.lockById(reservationId).orElseThrow(() -> Reservation.notFound(reservationId));
    }
}
