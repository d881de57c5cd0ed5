package io.machinemanager.reservation;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.LostRaceException;
import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.group.LimitsService;
import io.machinemanager.reservation.plan.Plan;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** Gives machines to requests while others wait in the queue, each time in the caller's transaction. */
@ApplicationScoped
class QueuePlanning {

    // The least of an indexed column, which is null when no request waits.
    private static final String STATUS = "select new io.machinemanager.reservation.QueuePlanning$Status("
            + ReadOnlyQueries.NOW + ", (select min(q.queuedAt) from Request q))";

    private final LimitsService limits;

    /**
     * The state of the queue.
     *
     * @param now the database's time
     * @param isAnyWaiting whether a request waits, so that free machines may be kept for it
     * @param mayTake whether the caller may take machines. Only one caller at a time may while a request waits, and none
     *        may when fewer are free than it needs.
     */
    @RegisterForReflection // created by a query
    record Status(Instant now, boolean isAnyWaiting, boolean mayTake) {

        /** The constructor that the query calls. */
        Status(LocalDateTime now, Instant firstQueued) {
            this(now.toInstant(ZoneOffset.UTC), firstQueued != null, firstQueued == null);
        }

        private Status alone() {
            return new Status(now, isAnyWaiting, true);
        }
    }

    QueuePlanning(LimitsService limits) {
        this.limits = limits;
    }

    /**
     * Reads the clock and the state of the queue. If a request waits, and enough machines are free for the caller, no other
     * transaction plans from then on until the end of this one. So call it before the transaction locks what the dispatcher
     * locks: a user or a machine.
     */
    Status enter(MachineFilter filter, int count) {
        Status status = status();
        if (status.mayTake() || FreeMachines.count(status.now(), filter) < count) {
            return status;
        }
        QueueState.lockPlanning();
        // read again, since others may have planned for seconds
        return status().alone();
    }

    private static Status status() {
        return Request.getEntityManager().createQuery(STATUS, Status.class).getSingleResult();
    }

    /**
     * Locks machines for a request that does not wait, unless requests that come first need them.
     *
     * @param spares how many machines must stay free
     * @param now the time that {@link #enter} returned, to a caller who may take machines
     * @throws NotEnoughAvailableException when too few are free or the others are kept
     */
    List<FreeMachine> take(AllocationRequest request, int count, int spares, Instant now) {
        QueueSnapshot snapshot = QueueSnapshot.readWith(QueueEntry.of(request, count), now, limits);
        Plan plan = snapshot.plan(Plan.NONE);
        List<Long> machines = plan.assignments().get(request.requestId());
        if (machines == null || snapshot.free() - count - forOthers(plan, request) < spares) {
            throw new NotEnoughAvailableException(count, available(snapshot, plan, request, count, spares),
                    expectedAt(plan, request));
        }
        List<FreeMachine> locked = FreeMachines.lock(now, Set.copyOf(machines));
        if (locked.size() < machines.size()) {
            throw new LostRaceException("another transaction has locked or lent a machine");
        }
        return locked;
    }

    /** The ids of the machines that waiting requests get now or that are kept for them; empty when none waits. */
    Set<Long> meantForWaiting() {
        Status status = status();
        return status.isAnyWaiting()
                ? meantFor(QueueSnapshot.read(status.now(), limits).plan(Plan.NONE), Long.MIN_VALUE)
                : Set.of();
    }

    /** The machines that requests other than this one get now or that are kept for them. */
    private static Set<Long> meantFor(Plan plan, long except) {
        Set<Long> meant = new HashSet<>();
        plan.assignments().forEach((request, machines) -> meant.addAll(machines));
        plan.kept().stream().filter(kept -> kept.requestId() != except).forEach(kept -> meant.add(kept.id()));
        return meant;
    }

    /** How many machines go to requests that come first. */
    private static int forOthers(Plan plan, AllocationRequest request) {
        return plan.assignments().entrySet().stream().filter(other -> other.getKey() != request.requestId())
                .mapToInt(other -> other.getValue().size()).sum();
    }

    private static Instant expectedAt(Plan plan, AllocationRequest request) {
        return plan.waiting().containsKey(request.requestId())
                ? plan.waiting().get(request.requestId()).expectedAt().orElse(null)
                : null;
    }

    /** The machines that are free for the request now, without those that are kept or go to requests that come first. */
    private static int available(QueueSnapshot snapshot, Plan plan, AllocationRequest request, int count, int spares) {
        Set<Long> taken = meantFor(plan, request.requestId());
        QueueSnapshot.Matches matches = snapshot.matches(QueueEntry.of(request, count));
        int free = (int) matches.all().stream().mapToObj(snapshot.machines()::get)
                .filter(machine -> machine.isFree() && !taken.contains(machine.id())).count();
        return Math.max(0, Math.min(count - 1, free - spares));
    }
}
