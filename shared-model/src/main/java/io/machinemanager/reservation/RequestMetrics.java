package io.machinemanager.reservation;

import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.TransactionSynchronizationRegistry;

import io.machinemanager.database.AfterCommit;
import io.machinemanager.error.ErrorCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;

/** Counts requests by outcome, and measures how long served requests have been in the queue. */
@ApplicationScoped
@Startup // so that all metrics exist, at zero, before the first request
class RequestMetrics {

    private static final Duration[] STEPS = {Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1),
            Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofMinutes(5),
            Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(6), Duration.ofDays(1) };

    /** The errors with which a request can be refused. */
    private static final Set<ErrorCode> REFUSALS = EnumSet.of(ErrorCode.INVALID_REQUEST, ErrorCode.FORBIDDEN,
            ErrorCode.CONFLICT, ErrorCode.NOT_ENOUGH_AVAILABLE, ErrorCode.NO_MATCHING_MACHINES,
            ErrorCode.LIMIT_REACHED, ErrorCode.UNAVAILABLE);

    private final TransactionSynchronizationRegistry transaction;
    private final Counter served;
    private final Map<RequestState, Counter> ended = new EnumMap<>(RequestState.class);
    private final Map<ErrorCode, Counter> refused = new EnumMap<>(ErrorCode.class);
    private final Timer wait;

    RequestMetrics(MeterRegistry registry, TransactionSynchronizationRegistry transaction) {
        this.transaction = transaction;
        served = outcome(registry, "served", "none");
        for (RequestState state : EnumSet.of(RequestState.CANCELLED, RequestState.LAPSED, RequestState.FAILED)) {
            ended.put(state, outcome(registry, state.name().toLowerCase(Locale.ROOT), "none"));
        }
        REFUSALS.forEach(code -> refused.put(code, outcome(registry, "refused", code.code())));
        wait = Timer.builder("machinemanager.request.wait").serviceLevelObjectives(STEPS)
                .description("How long served requests were in the queue").register(registry);
    }

    private static Counter outcome(MeterRegistry registry, String outcome, String code) {
        return Counter.builder("machinemanager.requests").tag("outcome", outcome).tag("code", code)
                .description("Requests by outcome; refused ones by the code of the error").register(registry);
    }

    /** Counts a request whose accounts are made, when the caller's transaction is committed. */
    void served(Request request) {
        Duration waited = Duration.between(request.createdAt, request.assignedAt);
        afterCommit(() -> {
            served.increment();
            if (waited.isPositive()) {
                wait.record(waited);
            }
        });
    }

    /** Counts a request that has ended in this way, when the caller's transaction is committed. */
    void ended(RequestState how) {
        afterCommit(ended.get(how)::increment);
    }

    /** Counts a request that was not admitted. */
    void refused(ErrorCode code) {
        Counter counter = refused.get(code);
        if (counter != null) {
            counter.increment();
        }
    }

    private void afterCommit(Runnable count) {
        transaction.registerInterposedSynchronization(new AfterCommit(count));
    }
}
