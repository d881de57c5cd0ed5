package io.machinemanager.reservation;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.group.LimitsService;
import io.machinemanager.reservation.plan.Forecast;
import io.machinemanager.reservation.plan.Plan;

/**
 * Tells what waiting requests can expect. Callers share a plan that is a quarter of a second old at most, or ten times as old
 * as it took to make, so that callers who ask again cost a tenth of a processor at most. Those who ask for a request that is
 * newer than the plan share the next plan.
 */
@ApplicationScoped
public class QueueForecast {

    private static final long MIN_AGE_NANOS = Duration.ofMillis(250).toNanos();
    private static final int AGE_OF_COST = 10;

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final LimitsService limits;
    private final ReservationConfig config;
    private Planned last;

    /**
     * A plan.
     *
     * @param starts the requests that start now
     * @param goodUntil when another plan is made, by {@link System#nanoTime}
     */
    private record Planned(QueueSnapshot snapshot, Plan plan, Set<Long> starts, long goodUntil) {
    }

    QueueForecast(RetryingTransactions transactions, DatabaseClock clock, LimitsService limits,
            ReservationConfig config) {
        this.transactions = transactions;
        this.clock = clock;
        this.limits = limits;
        this.config = config;
    }

    /** The outlook of a request; empty when it does not wait. */
    Optional<WaitOutlook> of(long requestId) {
        Planned planned = with(requestId);
        return planned.snapshot().entry(requestId).map(entry -> outlook(entry, planned));
    }

    /** Callers that wait here for the plan of another one mostly find their request in it. */
    private synchronized Planned with(long requestId) {
        Planned recent = recent();
        return recent.snapshot().entry(requestId).isPresent() ? recent : renewed();
    }

    /** The positions of all waiting requests that have one, by request. */
    public Map<Long, Integer> positions() {
        Map<Long, Integer> positions = new HashMap<>();
        Plan plan = recent().plan();
        plan.waiting().forEach((request, forecast) -> positions.put(request, forecast.position()));
        plan.assignments().keySet().forEach(request -> positions.put(request, 1));
        return positions;
    }

    private synchronized Planned recent() {
        return last == null || System.nanoTime() - last.goodUntil() >= 0 ? renewed() : last;
    }

    private synchronized Planned renewed() {
        long began = System.nanoTime();
        QueueSnapshot snapshot = transactions.call(() -> QueueSnapshot.read(clock.now(), limits));
        Plan plan = snapshot.plan(last == null ? Plan.NONE : last.plan());
        long end = System.nanoTime();
        last = new Planned(snapshot, plan, snapshot.starts(plan, config.sparePoolPercent()).keySet(),
                end + Math.max(MIN_AGE_NANOS, AGE_OF_COST * (end - began)));
        return last;
    }

    private static WaitOutlook outlook(QueueEntry entry, Planned planned) {
        QueueSnapshot snapshot = planned.snapshot();
        Plan plan = planned.plan();
        boolean isNext = plan.assignments().containsKey(entry.requestId());
        Optional<Forecast> forecast = Optional.ofNullable(plan.waiting().get(entry.requestId()));
        List<QueuedMachine> matching = snapshot.matches(entry).all().stream().mapToObj(snapshot.machines()::get)
                .toList();
        return new WaitOutlook(isNext ? Integer.valueOf(1) : forecast.map(Forecast::position).orElse(null),
                new WaitReason(entry, matching, snapshot.aboveLimit(entry), snapshot.at()).sentence(),
                planned.starts().contains(entry.requestId())
                        ? entry.dueFrom(snapshot.at())
                        : forecast.flatMap(Forecast::expectedAt).map(entry::dueFrom).orElse(null));
    }
}
