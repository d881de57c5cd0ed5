package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.group.LimitsService;
import io.machinemanager.reservation.plan.Plan;
import io.quarkus.logging.Log;

/** Serves the queue: gives free machines to waiting requests, and ends those that wait in vain. */
@ApplicationScoped
class DispatchStore {

    private static final String IN_VAIN = "Too few machines were free until the end of the wait.";
    private static final String NO_MATCH = "Machines needed: %d; matching now: %d.";
    private static final String BEYOND_LIMIT = "Its owner may not have so many machines at once any more.";

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final AllocationStore allocations;
    private final ReservationConfig config;
    private final RequestEnd ends;
    private final LimitsService limits;
    private volatile Plan lastPlan = Plan.NONE;

    DispatchStore(RetryingTransactions transactions, DatabaseClock clock, AllocationStore allocations,
            ReservationConfig config, RequestEnd ends, LimitsService limits) {
        this.transactions = transactions;
        this.clock = clock;
        this.allocations = allocations;
        this.config = config;
        this.ends = ends;
        this.limits = limits;
    }

    /**
     * A request that machines were allocated to.
     *
     * @param request the request, under a claim of its own
     * @param items the machines
     */
    record Assignment(AllocationRequest request, List<WorkItem> items) {
    }

    /** Reads two indexed rows. */
    QueueService.State state() {
        return transactions.call(() -> new QueueService.State(Request.isAnyQueued(), QueueState.signals()));
    }

    QueueService.Length length() {
        return transactions.call(() -> {
            Instant now = clock.now();
            return new QueueService.Length(Request.countQueued(), Request.firstQueuedAt()
                    .map(since -> Duration.between(since, now)).filter(Duration::isPositive).orElse(Duration.ZERO));
        });
    }

    /**
     * Allocates machines to those waiting requests that can be served now.
     *
     * @param limit to how many requests at most
     * @return the work to be done at once, since its claims run
     */
    List<Assignment> assign(int limit) {
        List<Assignment> assigned = transactions.call(() -> {
            QueueState.lockPlanning();
            Instant now = clock.now();
            return FreeMachines.isAny(now) ? assign(QueueSnapshot.read(now, limits), limit) : List.of();
        });
        assigned.forEach(a -> Log.infof("Request %d has left the queue with %d machines", a.request().requestId(),
                a.items().size()));
        return assigned;
    }

    private List<Assignment> assign(QueueSnapshot snapshot, int limit) {
        int free = snapshot.free() - snapshot.spares(config.sparePoolPercent());
        List<Assignment> assigned = new ArrayList<>();
        for (Map.Entry<Long, List<Long>> assignment : plan(snapshot).assignments().entrySet()) {
            List<Long> machines = assignment.getValue();
            free -= machines.size();
            if (free < 0 || assigned.size() == limit) {
                break;
            }
            if (!snapshot.isDue(assignment.getKey())) {
                // its machines stay free for it
                continue;
            }
            assign(assignment.getKey(), machines, snapshot.at(), assigned);
        }
        return assigned;
    }

    private Plan plan(QueueSnapshot snapshot) {
        lastPlan = snapshot.plan(lastPlan);
        return lastPlan;
    }

    /** Passes over what another transaction has locked; the next run sees what became of it. */
    private void assign(long requestId, List<Long> machines, Instant now, List<Assignment> assigned) {
        List<FreeMachine> locked = FreeMachines.lock(now, Set.copyOf(machines));
        Request request = Request.findById(requestId, LockModeType.PESSIMISTIC_WRITE);
        if (locked.size() < machines.size() || request == null || request.state != RequestState.QUEUED) {
            return;
        }
        UUID claim = UUID.randomUUID();
        request.assign(claim, now, now.plus(config.claim()));
        AllocationRequest allocation = AllocationRequest.of(request, claim, config.sudo());
        assigned.add(new Assignment(allocation, allocations.insert(locked, allocation, request.createdAt)));
    }

    /** Ends the requests that have waited long enough. Reads an index of those that wait. */
    void endOverdue() {
        transactions.run(() -> {
            Instant now = clock.now();
            Request.waitedLongEnough(now).forEach(id -> end(id, IN_VAIN, now));
        });
    }

    /** Ends the requests for which too few machines are left. Reads the whole queue and all machines. */
    void endUnmatched() {
        transactions.run(() -> {
            Instant now = clock.now();
            QueueSnapshot snapshot = QueueSnapshot.read(now, limits);
            for (QueueEntry entry : snapshot.entries()) {
                int matching = Math.min(snapshot.matches(entry).count(),
                        snapshot.machines().size() - snapshot.spares(config.sparePoolPercent()));
                if (snapshot.isBeyondLimit(entry)) {
                    end(entry.requestId(), BEYOND_LIMIT, now);
                } else if (matching < entry.count()) {
                    end(entry.requestId(), NO_MATCH.formatted(entry.count(), matching), now);
                }
            }
        });
    }

    private void end(long requestId, String reason, Instant now) {
        Request request = Request.findById(requestId, LockModeType.PESSIMISTIC_WRITE);
        if (request != null && request.state == RequestState.QUEUED) {
            ends.end(request, RequestState.LAPSED, reason, now);
            Log.infof("%s lapsed: %s", request, reason);
        }
    }
}
