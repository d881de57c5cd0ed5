package io.machinemanager.reservation;

import java.time.Duration;
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
    private Planned last;

    /** A plan, and when it was made by {@link System#nanoTime}. */
    private record Planned(QueueSnapshot snapshot, Plan plan, long at) {
    }

    QueueForecast(RetryingTransactions transactions, DatabaseClock clock, LimitsService limits) {
        this.transactions = transactions;
        this.clock = clock;
        this.limits = limits;
    }

    /** The outlook of a request; empty when it does not wait. */
    Optional<WaitOutlook> of(long requestId) {
        Planned recent = recent();
        Planned planned = recent.snapshot().entry(requestId).isPresent() ? recent : renewed();
        return planned.snapshot().entry(requestId).map(entry -> outlook(entry, planned));
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
        return last == null || System.nanoTime() - last.at() >= MAX_AGE_NANOS ? renewed() : last;
    }

    private synchronized Planned renewed() {
        QueueSnapshot snapshot = transactions.call(() -> QueueSnapshot.read(clock.now(), limits));
        last = new Planned(snapshot, snapshot.plan(last == null ? Plan.NONE : last.plan()), System.nanoTime());
        return last;
    }

    private static WaitOutlook outlook(QueueEntry entry, Planned planned) {
        QueueSnapshot snapshot = planned.snapshot();
        Plan plan = planned.plan();
        boolean starts = plan.assignments().containsKey(entry.requestId());
        Optional<Forecast> forecast = Optional.ofNullable(plan.waiting().get(entry.requestId()));
        List<QueuedMachine> matching = snapshot.matches(entry).all().stream().mapToObj(snapshot.machines()::get)
                .toList();
        return new WaitOutlook(starts ? Integer.valueOf(1) : forecast.map(Forecast::position).orElse(null),
                new WaitReason(entry, matching, snapshot.atLimit(entry), snapshot.at()).sentence(),
                starts ? snapshot.at() : forecast.flatMap(Forecast::expectedAt).orElse(null));
    }
}
