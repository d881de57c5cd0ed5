package io.machinemanager.scheduler.queue;

import java.time.Duration;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;

/** Measures how long it takes to plan the queue and to allocate machines to those requests that can be served. */
@ApplicationScoped
@Startup // so that the metrics exist, at zero, before the first run
class QueueMetrics {

    private static final Duration[] STEPS = {Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(50),
            Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1),
            Duration.ofSeconds(5) };

    private final Timer done;
    private final Counter failed;

    QueueMetrics(MeterRegistry registry) {
        done = Timer.builder("machinemanager.queue.dispatch").serviceLevelObjectives(STEPS)
                .description("Runs that plan the queue and allocate machines").register(registry);
        failed = Counter.builder("machinemanager.queue.dispatch.failed")
                .description("Such runs that failed").register(registry);
    }

    /** Runs such work and measures it. */
    <T> T dispatch(Supplier<T> work) {
        long began = System.nanoTime();
        try {
            T result = work.get();
            done.record(Duration.ofNanos(System.nanoTime() - began));
            return result;
        } catch (RuntimeException e) {
            failed.increment();
            throw e;
        }
    }
}
