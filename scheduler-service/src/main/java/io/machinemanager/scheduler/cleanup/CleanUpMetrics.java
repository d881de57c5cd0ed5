package io.machinemanager.scheduler.cleanup;

import jakarta.enterprise.context.ApplicationScoped;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts the runs of the clean-up job. {@code RemovalMetrics} counts the outcomes of removals. */
@ApplicationScoped
class CleanUpMetrics {

    private final Counter done;
    private final Counter failed;
    private final Counter taken;

    CleanUpMetrics(MeterRegistry registry) {
        done = ticks(registry, "done");
        failed = ticks(registry, "failed");
        taken = Counter.builder("machinemanager.cleanup.taken")
                .description("Reservations that were claimed to remove their accounts").register(registry);
    }

    private static Counter ticks(MeterRegistry registry, String outcome) {
        return Counter.builder("machinemanager.cleanup.ticks").tag("outcome", outcome)
                .description("Runs of the clean-up job").register(registry);
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
