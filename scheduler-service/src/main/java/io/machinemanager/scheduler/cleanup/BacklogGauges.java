package io.machinemanager.scheduler.cleanup;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.database.FailureLog;
import io.machinemanager.reservation.BacklogService;
import io.machinemanager.reservation.BacklogService.Backlog;
import io.machinemanager.reservation.ReservationState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Metrics of live and overdue reservations. A job refreshes them, so reading the metrics does not query the database. */
@ApplicationScoped
public class BacklogGauges {

    private static final Set<ReservationState> LIVE = EnumSet.complementOf(EnumSet.of(ReservationState.RELEASED));

    private final BacklogService backlog;
    private volatile Backlog latest = new Backlog(Map.of(), Duration.ZERO, Map.of(), Map.of());

    BacklogGauges(BacklogService backlog, CleanUpJob cleanUp, MeterRegistry registry) {
        this.backlog = backlog;
        LIVE.forEach(state -> Gauge
                .builder("machinemanager.reservations", () -> latest.live().getOrDefault(state, 0L))
                .tag("state", state.name().toLowerCase(Locale.ROOT)).description("Live reservations")
                .register(registry));
        byLastOutcome(registry, "machinemanager.releasing", Backlog::notClean,
                "Machines whose account is not removed yet, by the outcome of the last try");
        byLastOutcome(registry, "machinemanager.resetting", Backlog::resetting,
                "Machines that are being reset, by the outcome of the last try");
        Gauge.builder("machinemanager.backlog.overdue", () -> latest.overdue().toMillis() / 1000.0).baseUnit("seconds")
                .description("How long the oldest due reservation has waited").register(registry);
        Gauge.builder("machinemanager.cleanup.inhand", cleanUp, CleanUpJob::running)
                .description("Reservations that this process works on").register(registry);
    }

    private void byLastOutcome(MeterRegistry registry, String name, Function<Backlog, Map<Outcome, Long>> counts,
            String description) {
        Arrays.stream(Outcome.values()).forEach(last -> Gauge
                .builder(name, () -> counts.apply(latest).getOrDefault(last, 0L))
                .tag("reason", last == Outcome.DONE ? "no_failure" : last.name().toLowerCase(Locale.ROOT))
                .description(description).register(registry));
    }

    /** Queries the database for the current values; never throws. */
    public void refresh() {
        try {
            latest = backlog.read();
        } catch (RuntimeException e) {
            FailureLog.log("Counting the reservations failed", e);
        }
    }
}
