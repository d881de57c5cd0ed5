package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.FailureLog;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.group.LimitsService;
import io.machinemanager.reservation.plan.Plan;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/** Serves the queue: gives free machines to waiting requests, and ends those that cannot be served. */
@ApplicationScoped
class DispatchStore {

    private static final int ENDS_AT_ONCE = 200;
    private static final String IN_VAIN = "Too few machines were free until the end of the wait.";
    private static final String FAILED_IN_VAIN = "Its accounts could not be made until the end of the wait.";
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
        lastPlan = snapshot.plan(lastPlan);
        List<Assignment> assigned = new ArrayList<>();
        for (Map.Entry<Long, List<Long>> start : snapshot.starts(lastPlan, config.sparePoolPercent()).entrySet()) {
            if (assigned.size() == limit) {
                break;
            }
            // the machines of one that is not due stay free for it
            if (snapshot.isDue(start.getKey())) {
                snapshot.entry(start.getKey()).filter(entry -> isAllowed(entry, snapshot.mostMachines(entry)))
                        .flatMap(entry -> assign(entry.requestId(), start.getValue(), snapshot.at()))
                        .ifPresent(assigned::add);
            }
        }
        return assigned;
    }

    /**
     * Checks the limit of the owner once more: one request of a user after the other, so that two at the same instant do not
     * exceed it together.
     */
    private static boolean isAllowed(QueueEntry entry, int most) {
        return most == 0 || User.findById(entry.ownerId(), LockModeType.PESSIMISTIC_WRITE) != null
                && Reservation.countInUse(entry.ownerId()) + entry.count() <= most;
    }

    /** Passes over what another transaction has locked; the next run sees what became of it. */
    private Optional<Assignment> assign(long requestId, List<Long> machines, Instant now) {
        List<FreeMachine> locked = FreeMachines.lock(now, Set.copyOf(machines));
        Request request = Request.findById(requestId, LockModeType.PESSIMISTIC_WRITE);
        if (locked.size() < machines.size() || request == null || request.state != RequestState.QUEUED) {
            return Optional.empty();
        }
        UUID claim = UUID.randomUUID();
        request.assign(claim, now, now.plus(config.claim()));
        AllocationRequest allocation = AllocationRequest.of(request, claim, config.sudo());
        return Optional.of(new Assignment(allocation, allocations.insert(locked, allocation, request.createdAt)));
    }

    /** Ends the requests that have waited long enough. Reads an index of those that wait. */
    void endOverdue() {
        List<Long> overdue = transactions.call(() -> Request.waitedLongEnough(clock.now()));
        end(overdue, (request, now) -> request.waitsUntil.isAfter(now)
                ? Optional.empty()
                : Optional.of(request.nextAttemptAt == null ? IN_VAIN : FAILED_IN_VAIN));
    }

    /** Ends the requests for which too few machines are left. Reads the whole queue and all machines. */
    void endUnmatched() {
        QueueSnapshot snapshot = transactions.call(() -> QueueSnapshot.read(clock.now(), limits));
        int lendable = snapshot.machines().size() - snapshot.spares(config.sparePoolPercent());
        Map<Long, String> reasons = new LinkedHashMap<>();
        for (QueueEntry entry : snapshot.entries()) {
            int matching = Math.min(snapshot.matches(entry).count(), lendable);
            if (snapshot.isBeyondLimit(entry)) {
                reasons.put(entry.requestId(), BEYOND_LIMIT);
            } else if (matching < entry.count()) {
                reasons.put(entry.requestId(), NO_MATCH.formatted(entry.count(), matching));
            }
        }
        end(List.copyOf(reasons.keySet()), (request, now) -> Optional.of(reasons.get(request.id)));
    }

    /**
     * Ends requests, some in each transaction, so that none takes long, and a failure does not hold up the others.
     *
     * @param reason why a request that waits is ended, as a sentence; empty when it is not
     */
    private void end(List<Long> requests, BiFunction<Request, Instant, Optional<String>> reason) {
        for (int from = 0; from < requests.size(); from += ENDS_AT_ONCE) {
            List<Long> some = requests.subList(from, Math.min(from + ENDS_AT_ONCE, requests.size()));
            try {
                transactions.run(() -> {
                    Instant now = clock.now();
                    some.forEach(id -> end(id, reason, now));
                });
            } catch (RuntimeException e) {
                FailureLog.log("Ending requests that cannot be served failed", e);
            }
        }
    }

    private void end(long requestId, BiFunction<Request, Instant, Optional<String>> reason, Instant now) {
        Request request = Request.findById(requestId, LockModeType.PESSIMISTIC_WRITE);
        if (request != null && request.state == RequestState.QUEUED) {
            reason.apply(request, now).ifPresent(why -> {
                ends.end(request, RequestState.LAPSED, why, now);
                Log.infof("%s lapsed: %s", request, why);
            });
        }
    }
}
