package io.machinemanager.scheduler.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.reservation.RequestOptions;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.MariaDbResource;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class QueueGaugesTest {

    @Inject
    QueueGauges gauges;

    @Inject
    QueueMetrics metrics;

    @Inject
    MeterRegistry registry;

    @Inject
    SchedulerFixture scene;

    @BeforeEach
    void oneLentMachine() {
        scene.clear();
        scene.lendMachines(1);
    }

    private double shown(String name) {
        gauges.refresh();
        return registry.get(name).gauge().value();
    }

    private void queue() {
        scene.queue(1, new RequestOptions(null, List.of(), 60, null, null, null));
    }

    @Test
    void theQueueIsCountedAndTheFirstInLineIsTheOneThatIsServedNext() {
        assertThat(shown("machinemanager.queue.waiting")).isZero();
        assertThat(shown("machinemanager.queue.first")).isZero();
        queue();
        scene.sql("update requests set created_at = utc_timestamp(6) - interval 500 second where state = 'QUEUED'");
        queue();
        scene.sql("update requests set created_at = utc_timestamp(6) - interval 100 second, priority = 1"
                + " where state = 'QUEUED' order by id desc limit 1");

        assertThat(shown("machinemanager.queue.waiting")).isEqualTo(2);
        assertThat(shown("machinemanager.queue.first")).isBetween(100.0, 200.0);
    }

    @Test
    void aDispatchIsMeasuredAndAFailedOneCounted() {
        long runs = registry.get("machinemanager.queue.dispatch").timer().count();
        double failures = registry.get("machinemanager.queue.dispatch.failed").counter().count();

        assertThat(metrics.dispatch(() -> "done")).isEqualTo("done");
        assertThatThrownBy(() -> metrics.dispatch(() -> {
            throw new IllegalStateException("the database is away");
        })).isInstanceOf(IllegalStateException.class);

        assertThat(registry.get("machinemanager.queue.dispatch").timer().count()).isEqualTo(runs + 1);
        assertThat(registry.get("machinemanager.queue.dispatch.failed").counter().count()).isEqualTo(failures + 1);
    }
}
