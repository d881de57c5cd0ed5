package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;

/** Counts removals by outcome, and measures how late accounts are removed. */
@ApplicationScoped
@Startup // so that all metrics exist, at zero, before the first removal
class RemovalMetrics {

    private static final Duration[] STEPS = {Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(5),
            Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofMinutes(5),
            Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(6), Duration.ofDays(1) };

    private final Map<Outcome, Counter> removals = new EnumMap<>(Outcome.class);
    private final Timer lag;

    RemovalMetrics(MeterRegistry registry) {
        for (Outcome outcome : Outcome.values()) {
            removals.put(outcome, Counter.builder("machinemanager.removals")
                    .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                    .description("Attempts to remove an account, by outcome").register(registry));
        }
        this.lag = Timer.builder("machinemanager.removal.lag").serviceLevelObjectives(STEPS)
                .description(
                        "From the end of a reservation until its account was verified gone")
                .register(registry);
    }

    /**
     * Counts a finished removal. It has a lag only if the reservation was active and its end has passed.
     *
     * @param goneAt when the account was verified gone
     */
    void released(Reservation reservation, Instant goneAt) {
        if (reservation.startedAt != null && goneAt.isAfter(reservation.reservedUntil)) {
            lag.record(Duration.between(reservation.reservedUntil, goneAt));
        }
        count(Outcome.DONE);
    }

    void removalFailed(Outcome outcome) {
        count(outcome);
    }

    private void count(Outcome outcome) {
        removals.get(outcome).increment();
    }
}
