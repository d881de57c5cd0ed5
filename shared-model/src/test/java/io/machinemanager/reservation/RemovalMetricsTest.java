package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Scheduled;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class RemovalMetricsTest {

    @Inject
    MeterRegistry registry;

    @Inject
    ReservationService reservations;

    @Inject
    BacklogService backlog;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    private Requester alice;

    @BeforeEach
    void twoMachines() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        fixture.machines("m1", "m2");
    }

    private void reserve(int count) {
        reservations.reserve(new ReservationSpec(alice, count, 60, "alice", "secret word"));
    }

    private Timer lag() {
        return registry.get("machinemanager.removal.lag").timer();
    }

    /** By upper bound, how many lags were at most that long. */
    private Map<Duration, Long> buckets() {
        Map<Duration, Long> buckets = new TreeMap<>();
        Arrays.stream(lag().takeSnapshot().histogramCounts())
                .forEach(step -> buckets.put(Duration.ofNanos((long) step.bucket()), (long) step.count()));
        return buckets;
    }

    @Test
    void theLagIsMeasuredFromTheEndUntilTheAccountIsVerifiedGone() {
        reserve(1);
        fixture.endAll(Duration.ofSeconds(100));
        Map<Duration, Long> before = buckets();
        double seconds = lag().totalTime(TimeUnit.SECONDS);
        machines.fail("m1", Outcome.FAILED, "userdel: busy");
        Scheduled.cleanUp(reservations, 10);
        assertThat(buckets()).as("counted although the account is still there").isEqualTo(before);

        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);

        assertThat(lag().totalTime(TimeUnit.SECONDS) - seconds).isBetween(100.0, 200.0);
        assertThat(buckets().get(Duration.ofMinutes(1))).isEqualTo(before.get(Duration.ofMinutes(1)));
        assertThat(buckets().get(Duration.ofMinutes(5))).isEqualTo(before.get(Duration.ofMinutes(5)) + 1);
    }

    @Test
    void aReleaseBeforeTheEndHasNoLagAndOneAfterItHas() {
        long before = lag().count();
        reserve(1);
        reservations.release(fixture.latest("m1").id);
        assertThat(lag().count()).isEqualTo(before);

        reserve(1);
        fixture.endAll(Duration.ofSeconds(5));
        reservations.releaseAll();

        assertThat(lag().count()).isEqualTo(before + 1);
        assertThat(fixture.latest("m1").releaseCause).isEqualTo(ReleaseCause.EXPIRED);
    }

    @Test
    void aReleaseBeforeTheEndThatSucceedsAfterItHasALag() {
        reserve(1);
        machines.fail("m1", Outcome.FAILED, "userdel: busy");
        reservations.release(fixture.latest("m1").id);
        long before = lag().count();

        fixture.endAll(ReleaseCause.GIVEN_BACK);
        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.latest("m1").releaseCause).isEqualTo(ReleaseCause.GIVEN_BACK);
        assertThat(lag().count()).isEqualTo(before + 1);
    }

    @Test
    void aReservationThatWasNeverActiveHasNoLag() {
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");
        machines.fail("m2", Outcome.UNREACHABLE, "connection refused");
        assertThatThrownBy(() -> reserve(1)).isInstanceOf(ProvisioningFailedException.class);
        long before = lag().count();

        fixture.endAll(ReleaseCause.PROVISIONING_FAILED);
        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).contains("m1 RELEASED");
        assertThat(lag().count()).isEqualTo(before);
    }

    @Test
    void theBacklogSaysWhyMachinesAreNotClean() {
        assertThat(backlog.read().notClean()).isEmpty();
        reserve(2);
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");
        machines.fail("m2", Action.REMOVE, Outcome.FAILED, "userdel: busy");
        reservations.releaseAll();

        assertThat(backlog.read().notClean()).isEqualTo(Map.of(Outcome.UNREACHABLE, 1L, Outcome.FAILED, 1L));

        machines.before("m1", () -> assertThat(backlog.read().notClean()).containsEntry(Outcome.UNREACHABLE, 1L));
        machines.heal("m2");
        assertThat(reservations.releaseAll().pending()).isEmpty();
        assertThat(backlog.read().notClean()).isEmpty();
    }
}
