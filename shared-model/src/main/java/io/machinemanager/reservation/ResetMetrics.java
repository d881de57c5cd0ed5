package io.machinemanager.reservation;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.playbook.Playbook;
import io.machinemanager.playbook.PlaybookResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;

/** Counts resets by outcome, and measures the operator's playbooks. */
@ApplicationScoped
@Startup // so that all metrics exist, at zero, before the first run
class ResetMetrics {

    private static final Duration[] STEPS = {Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(5),
            Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofMinutes(2),
            Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofHours(1) };

    private final Map<ResetOutcome, Counter> resets = new EnumMap<>(ResetOutcome.class);
    private final Map<Playbook, Map<PlaybookResult.Outcome, Timer>> runs = new EnumMap<>(Playbook.class);

    ResetMetrics(MeterRegistry registry) {
        for (ResetOutcome outcome : ResetOutcome.values()) {
            resets.put(outcome, Counter.builder("machinemanager.resets").tag("outcome", name(outcome))
                    .description("Attempts to reset a machine, by outcome").register(registry));
        }
        for (Playbook playbook : Playbook.values()) {
            Map<PlaybookResult.Outcome, Timer> timers = new EnumMap<>(PlaybookResult.Outcome.class);
            for (PlaybookResult.Outcome outcome : PlaybookResult.Outcome.values()) {
                timers.put(outcome, Timer.builder("machinemanager.playbook").serviceLevelObjectives(STEPS)
                        .tag("playbook", playbook.tag()).tag("outcome", name(outcome))
                        .description("How long a playbook took on one machine").register(registry));
            }
            runs.put(playbook, timers);
        }
    }

    private static String name(Enum<?> outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    /** Counts a try to reset a machine. */
    void reset(ResetOutcome outcome) {
        resets.get(outcome).increment();
    }

    /** Records the run of a playbook. */
    void ran(Playbook playbook, PlaybookResult.Outcome outcome, Duration time) {
        runs.get(playbook).get(outcome).record(time);
    }
}
