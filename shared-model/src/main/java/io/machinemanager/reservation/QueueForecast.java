package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.group.LimitsService;
import io.machinemanager.reservation.plan.Forecast;
import io.machinemanager.reservation.plan.Plan;

/**
 * Tells what waiting requests can expect. Callers share a plan that is a quarter of a second old at most, or ten times as old
 * as it took to make, so that a long queue with many callers costs a tenth of a processor at most.
 */
@ApplicationScoped
public class QueueForecast {

    private static final long MIN_AGE_NANOS = Duration.ofMillis(250).toNanos();
    private static final int AGE_OF_COST = 10;

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final LimitsService limits;
    private Planned last = new Planned(Map.of(), System.nanoTime());
    private Plan lastPlan = Plan.NONE;

    /** @param goodUntil when another plan is made, by {@link System#nanoTime} */
    private record Planned(Map<Long, WaitOutlook> outlooks, long goodUntil) {
    }

    QueueForecast(RetryingTransactions transactions, DatabaseClock clock, LimitsService limits) {
        this.transactions = transactions;
        this.clock = clock;
        this.limits = limits;
    }

    /** The outlook of a request; empty when it does not wait. */
    Optional<WaitOutlook> of(long requestId) {
        return Optional.ofNullable(all().get(requestId));
    }

    /** The outlooks of all waiting requests, by request. */
    public synchronized Map<Long, WaitOutlook> all() {
        long began = System.nanoTime();
        if (began - last.goodUntil() >= 0) {
            Map<Long, WaitOutlook> outlooks = plan();
            long cost = System.nanoTime() - began;
            last = new Planned(outlooks, began + cost + Math.max(MIN_AGE_NANOS, AGE_OF_COST * cost));
        }
        return last.outlooks();
    }

    private Map<Long, WaitOutlook> plan() {
        QueueSnapshot snapshot = transactions.call(() -> QueueSnapshot.read(clock.now(), limits));
        lastPlan = snapshot.plan(lastPlan);
        Map<Long, WaitOutlook> outlooks = new HashMap<>();
        snapshot.entries().forEach(entry -> outlooks.put(entry.requestId(), outlook(snapshot, entry)));
        return outlooks;
    }

    private WaitOutlook outlook(QueueSnapshot snapshot, QueueEntry entry) {
        Forecast forecast = lastPlan.waiting().get(entry.requestId());
        Instant starting = lastPlan.assignments().containsKey(entry.requestId()) ? snapshot.at() : null;
        List<QueuedMachine> matching = snapshot.matches(entry).all().stream().mapToObj(snapshot.machines()::get)
                .toList();
        return new WaitOutlook(forecast == null ? 1 : forecast.position(),
                new WaitReason(entry, matching, snapshot.atLimit(entry), snapshot.at()).sentence(),
                forecast == null ? starting : forecast.expectedAt().orElse(null));
    }
}
