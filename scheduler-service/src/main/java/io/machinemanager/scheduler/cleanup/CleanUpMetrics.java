package io.machinemanager.scheduler.cleanup;

import jakarta.enterprise.context.ApplicationScoped;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what the clean-up does. How single removals end is counted where they are recorded. */
@ApplicationScoped
class CleanUpMetrics {

    private final Counter done;
    private final Counter failed;
    private final Counter taken;

    CleanUpMetrics(MeterRegistry registry) {
        done = ticks(registry, "done");
        failed = ticks(registry, "failed");
        taken = Counter.builder("machinemanager.cleanup.taken")
                .description("Reservations that were taken up to remove their accounts").register(registry);
    }

    private static Counter ticks(MeterRegistry registry, String outcome) {
        return Counter.builder("machinemanager.cleanup.ticks").tag("outcome", outcome)
                .description("Looks for machines to take back").register(registry);
    }

    void tickDone() {
        done.increment();
    }

    void tickFailed() {
        failed.increment();
    }

    void taken(int reservations) {
        taken.increment(reservations);
    }
}
