package io.machinemanager.scheduler.cleanup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class BacklogGaugesTest {

    @Inject
    BacklogGauges gauges;

    @Inject
    MeterRegistry registry;

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    SchedulerFixture scene;

    @BeforeEach
    void fiveLentMachines() {
        scene.clear();
        scene.lendMachines(5);
    }

    /** What is shown after another look and is not zero, by the value of a tag. */
    private Map<String, Double> shown(String name, String tag) {
        gauges.refresh();
        return registry.get(name).gauges().stream().filter(gauge -> gauge.value() != 0)
                .collect(Collectors.toMap(gauge -> gauge.getId().getTag(tag), Gauge::value));
    }

    private Map<String, Double> releasing() {
        return shown("machinemanager.releasing", "reason");
    }

    private double overdue() {
        gauges.refresh();
        return registry.get("machinemanager.backlog.overdue").gauge().value();
    }

    @Test
    void machinesThatAreNotCleanAreCountedByHowTheLastWorkOnThemEnded() {
        assertThat(releasing()).isEmpty();
        scene.expire("m1");
        reservations.claimDue(10);
        machines.fail("m2", Outcome.FAILED, "userdel: busy");
        machines.fail("m3", Outcome.FAILED, "userdel: busy");
        machines.fail("m4", Outcome.UNREACHABLE, "connection refused");
        scene.expire("m2", "m3", "m4");
        Scheduled.cleanUp(reservations, 10);

        assertThat(releasing()).isEqualTo(Map.of("no_failure", 1.0, "failed", 2.0, "unreachable", 1.0));

        machines.heal("m2");
        scene.sql("update reservations set next_attempt_at = created_at where machine_name = 'm2'");
        Scheduled.cleanUp(reservations, 10);

        assertThat(releasing()).isEqualTo(Map.of("no_failure", 1.0, "failed", 1.0, "unreachable", 1.0));
    }

    @Test
    void eachWayInWhichWorkCanEndIsShownAlsoWhereThereIsNone() {
        gauges.refresh();

        assertThat(registry.get("machinemanager.releasing").gauges())
                .extracting(gauge -> gauge.getId().getTag("reason"))
                .hasSize(Outcome.values().length).contains("no_failure", "failed", "host_key_changed", "run_lost");
    }

    @Test
    void whatIsLentIsCountedByItsState() {
        machines.fail("m1", Outcome.FAILED, "userdel: busy");
        scene.expire("m1", "m2");
        Scheduled.cleanUp(reservations, 10);

        assertThat(shown("machinemanager.reservations", "state")).isEqualTo(Map.of("active", 3.0, "releasing", 1.0));
    }

    @Test
    void accountsThatAreBeingMadeAreCountedAndNotDue() {
        scene.sql("update reservations set state = 'PROVISIONING'");

        assertThat(shown("machinemanager.reservations", "state")).isEqualTo(Map.of("provisioning", 5.0));
        assertThat(overdue()).isZero();
    }

    @Test
    void theOldestThatIsDueTellsForHowLongItHasWaited() {
        assertThat(overdue()).isZero();

        scene.sql("update reservations set reserved_until = utc_timestamp(6) - interval 100 second"
                + " where machine_name = 'm1'");

        assertThat(overdue()).isBetween(100.0, 200.0);
    }
}
