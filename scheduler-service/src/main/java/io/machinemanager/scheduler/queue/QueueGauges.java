package io.machinemanager.scheduler.queue;

import java.time.Duration;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.FailureLog;
import io.machinemanager.reservation.QueueService;
import io.machinemanager.reservation.QueueService.Length;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Metrics of the queue. A job refreshes them, so reading the metrics does not query the database. */
@ApplicationScoped
public class QueueGauges {

    private final QueueService queue;
    private volatile Length latest = new Length(0, Duration.ZERO);

    QueueGauges(QueueService queue, QueueJob job, MeterRegistry registry) {
        this.queue = queue;
        Gauge.builder("machinemanager.queue.waiting", () -> latest.waiting()).description("Requests in the queue")
                .register(registry);
        Gauge.builder("machinemanager.queue.first", () -> latest.firstWaited().toMillis() / 1000.0).baseUnit("seconds")
                .description("How long the first request in the queue has waited").register(registry);
        Gauge.builder("machinemanager.queue.inhand", job, QueueJob::running)
                .description("Requests from the queue for which this process makes accounts").register(registry);
    }

    /** Queries the database for the current values; never throws. */
    public void refresh() {
        try {
            latest = queue.length();
        } catch (RuntimeException e) {
            FailureLog.log("Counting the requests in the queue failed", e);
        }
    }
}
