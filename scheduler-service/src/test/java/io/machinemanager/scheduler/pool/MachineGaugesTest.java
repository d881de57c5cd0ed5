package io.machinemanager.scheduler.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(MachineGaugesTest.Labelled.class)
class MachineGaugesTest {

    public static class Labelled implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("METRICS_LABELS", "os,serial");
        }
    }

    @Inject
    MachineGauges gauges;

    @Inject
    MeterRegistry registry;

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    SchedulerFixture scene;

    @BeforeEach
    void sixMachines() {
        scene.clear();
        scene.lendMachines(6);
        scene.sql("insert into machine_labels select id, 'os', if(name < 'm3', 'debian', '') from machines"
                + " where name < 'm4'");
    }

    /** What is shown after another look and is not zero, by these tags. */
    private Map<String, Double> shown(String name, String... tags) {
        gauges.refresh();
        Map<String, Double> shown = new HashMap<>();
        registry.get(name).gauges().stream().filter(gauge -> gauge.value() != 0).forEach(gauge -> {
            StringBuilder key = new StringBuilder();
            for (String tag : tags) {
                key.append(key.isEmpty() ? "" : " ").append(gauge.getId().getTag(tag));
            }
            shown.merge(key.toString(), gauge.value(), Double::sum);
        });
        return shown;
    }

    @Test
    void machinesAreCountedByTheirState() {
        machines.fail("m1", Outcome.FAILED, "userdel: busy");
        scene.expire("m1", "m2", "m3", "m4");
        Scheduled.cleanUp(reservations, 10);
        scene.sql("update machines set enabled = false where name in ('m2', 'm5')");
        scene.sql("update machines set unusable_reason = 'sudo does not work' where name = 'm3'");

        assertThat(shown("machinemanager.machines", "state")).isEqualTo(
                Map.of("cleaning", 1.0, "disabled", 1.0, "unavailable", 1.0, "free", 1.0, "reserved", 2.0));
    }

    @Test
    void machinesAreCountedByTheValuesOfTheLabelsThatAreSet() {
        scene.expire("m1");
        Scheduled.cleanUp(reservations, 10);

        assertThat(shown("machinemanager.machines.labelled", "label", "value", "state"))
                .isEqualTo(Map.of("os debian free", 1.0, "os debian reserved", 1.0, "os  reserved", 1.0));

        scene.sql("delete from machine_labels where value = 'debian'");
        assertThat(shown("machinemanager.machines.labelled", "label", "value", "state"))
                .isEqualTo(Map.of("os  reserved", 1.0));
    }

    @Test
    void valuesBeyondTheMostFrequentAreOneValue() {
        scene.sql(
                "insert into machines (id, name, host, port, ssh_user, host_keys, next_probe_at, last_seen_at, created_at)"
                        + " select id + 100 + seq, concat('n', seq), host, port, ssh_user, host_keys, next_probe_at, last_seen_at,"
                        + " created_at from machines, seq_1_to_30 where name = 'm1'");
        scene.sql("insert into machine_labels select id, 'serial', name from machines where name like 'n%'");
        scene.sql("insert into machine_labels select id, 'serial', 'n30' from machines where name in ('m1', 'm2')");

        Map<String, Double> values = shown("machinemanager.machines.labelled", "label", "value");
        values.keySet().removeIf(value -> !value.startsWith("serial "));

        assertThat(values).hasSize(21).containsEntry("serial other", 10.0).containsEntry("serial n30", 3.0);
    }
}
