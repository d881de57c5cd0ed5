package io.machinemanager.reservation;

import java.time.Duration;
import java.util.Locale;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/** Counts how removals end, and how late accounts go. */
@ApplicationScoped
class RemovalMetrics {

    private static final Duration[] STEPS = {Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(5),
            Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofMinutes(5),
            Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(6), Duration.ofDays(1) };

    private final MeterRegistry registry;
    private final Timer lag;

    RemovalMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.lag = Timer.builder("machinemanager.removal.lag").serviceLevelObjectives(STEPS)
                .description("From the end of a reservation until its account was verified gone").register(registry);
    }

    /** The account is gone. Only where the time was up does its lateness mean anything. */
    void released(Reservation reservation) {
        if (reservation.releaseCause == ReleaseCause.EXPIRED) {
            lag.record(Duration.between(reservation.reservedUntil, reservation.releasedAt));
        }
        count(Outcome.DONE);
    }

    void removalFailed(Outcome outcome) {
        count(outcome);
    }

    private void count(Outcome outcome) {
        Counter.builder("machinemanager.removals").tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .description("Tries to remove an account, by how they ended").register(registry).increment();
    }
}
