package io.machinemanager.reservation;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.LostRaceException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.group.LimitsService;
import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.plan.Plan;

/** Gives machines to requests while others wait in the queue, each time in the caller's transaction. */
@ApplicationScoped
class QueuePlanning {

    private final LimitsService limits;

    QueuePlanning(LimitsService limits) {
        this.limits = limits;
    }

    /** Tells whether any request waits, so that free machines may be kept for it. */
    boolean isAnyWaiting() {
        return Request.isAnyQueued();
    }

    /**
     * Locks machines for a request that does not wait, unless requests that come first need them.
     *
     * @param spares how many machines must stay free
     * @throws NotEnoughAvailableException when too few are free or the others are kept
     */
    List<Machine> take(AllocationRequest request, int count, int spares, Instant now) {
        QueueState.lockPlanning();
        QueueSnapshot snapshot = QueueSnapshot.readWith(QueueEntry.of(request, count), now, limits);
        Plan plan = snapshot.plan(Plan.NONE);
        List<Long> machines = plan.assignments().get(request.requestId());
        if (machines == null || snapshot.free() - count - forOthers(plan, request) < spares) {
            throw new NotEnoughAvailableException(count, available(snapshot, plan, request, count, spares),
                    expectedAt(plan, request));
        }
        return lock(machines, now);
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
        Set<Long> taken = new HashSet<>();
        plan.assignments().values().forEach(taken::addAll);
        plan.kept().stream().filter(kept -> kept.requestId() != request.requestId())
                .forEach(kept -> taken.add(kept.id()));
        QueueSnapshot.Matches matches = snapshot.matches(QueueEntry.of(request, count));
        int free = (int) matches.all().stream().mapToObj(snapshot.machines()::get)
                .filter(machine -> machine.isFree() && !taken.contains(machine.id())).count();
        return Math.max(0, Math.min(count - 1, free - spares));
    }

    /**
     * Locks the machines of an assignment.
     *
     * @throws LostRaceException when another transaction has locked or lent one of them
     */
    List<Machine> lock(List<Long> machines, Instant now) {
        List<Machine> locked = FreeMachines.lock(now, Set.copyOf(machines));
        if (locked.size() < machines.size()) {
            throw new LostRaceException("another transaction has locked or lent a machine");
        }
        return locked;
    }
}
