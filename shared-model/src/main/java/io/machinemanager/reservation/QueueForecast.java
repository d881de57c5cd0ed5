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

/** Tells what waiting requests can expect. Callers share a plan that is a fraction of a second old at most. */
@ApplicationScoped
public class QueueForecast {

    private static final long MAX_AGE_NANOS = Duration.ofMillis(250).toNanos();

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final LimitsService limits;
    private Planned last = new Planned(Map.of(), System.nanoTime() - MAX_AGE_NANOS);
    private Plan lastPlan = Plan.NONE;

    private record Planned(Map<Long, WaitOutlook> outlooks, long at) {
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
        if (System.nanoTime() - last.at() >= MAX_AGE_NANOS) {
            last = new Planned(plan(), System.nanoTime());
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
