package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.NoMatchingMachinesException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.testing.MariaDbResource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class RequestMetricsTest extends QueueTestBase {

    @Inject
    MeterRegistry registry;

    @Inject
    RequestMetrics metrics;

    private Map<String, Double> before;

    @BeforeEach
    void oneMachine() {
        fixture.machines("m1");
        before = counts();
    }

    private Map<String, Double> counts() {
        Map<String, Double> counts = new TreeMap<>();
        registry.get("machinemanager.requests").counters()
                .forEach(counter -> counts.put(
                        counter.getId().getTag("outcome") + " " + counter.getId().getTag("code"), counter.count()));
        return counts;
    }

    /** What was counted since the test began, by outcome and code. */
    private Map<String, Double> counted() {
        Map<String, Double> more = counts();
        more.replaceAll((outcome, count) -> count - before.get(outcome));
        more.values().removeIf(count -> count == 0);
        return more;
    }

    private long queue(String... names) {
        return queue(alice, 1, waiting(60, names));
    }

    @Test
    void aServedRequestIsCountedAndOnlyOneThatWasInTheQueueHasAWait() {
        Timer wait = registry.get("machinemanager.request.wait").timer();
        long waits = wait.count();
        double seconds = wait.totalTime(TimeUnit.SECONDS);
        reserve(alice, 1);
        assertThat(counted()).isEqualTo(Map.of("served none", 1.0));
        assertThat(wait.count()).isEqualTo(waits);
        long id = queue();
        QuarkusTransaction.requiringNew().run(() -> {
            Request request = Request.findById(id);
            request.createdAt = request.createdAt.minusSeconds(100);
        });

        free("m1");
        serve();

        assertThat(counted()).isEqualTo(Map.of("served none", 2.0));
        assertThat(wait.count()).isEqualTo(waits + 1);
        assertThat(wait.totalTime(TimeUnit.SECONDS) - seconds).isBetween(100.0, 200.0);
    }

    @Test
    void eachEndIsCounted() {
        reserve(alice, 1);
        requests.cancel(queue(), "alice took it back.");
        queue("m1");
        endWaits();
        queue.endOverdue();
        queue();
        users.delete("alice");

        assertThat(counted()).isEqualTo(Map.of("served none", 1.0, "cancelled none", 2.0, "lapsed none", 1.0));
    }

    @Test
    void aRequestWhoseAccountsCannotBeMadeHasFailedAndWasNotRefused() {
        machines.fail("m1", Action.CREATE, Outcome.FAILED, "no space left on device");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);

        assertThat(counted()).isEqualTo(Map.of("failed none", 1.0));
    }

    @Test
    void aRefusedRequestIsCountedByTheCodeOfTheError() {
        assertThatThrownBy(() -> reserve(alice, 2)).isInstanceOf(NotEnoughAvailableException.class);
        assertThatThrownBy(() -> queue("unknown")).isInstanceOf(NoMatchingMachinesException.class);

        assertThat(counted()).isEqualTo(
                Map.of("refused not_enough_available", 1.0, "refused no_matching_machines", 1.0));
    }

    @Test
    void whatIsRolledBackIsNotCounted() {
        assertThatThrownBy(() -> QuarkusTransaction.requiringNew().run(() -> {
            metrics.ended(RequestState.CANCELLED);
            throw new IllegalStateException("rolls back");
        })).isInstanceOf(IllegalStateException.class);

        assertThat(counted()).isEmpty();
    }
}
