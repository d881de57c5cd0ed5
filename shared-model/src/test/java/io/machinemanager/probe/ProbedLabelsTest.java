package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** A probe stores what it finds as labels. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ProbedLabelsTest extends ProbeTestBase {

    private Map<String, String> labels() {
        return pool.only("m1").rows().getFirst().labels();
    }

    private void set(Map<String, String> labels) {
        machineService.change("m1", new MachineChange(null, null, null, null, null, null, null, null, labels));
    }

    @Test
    void labelsFollowWhatProbesFindAndThoseOfAdminsStay() {
        set(Map.of("os", "mine"));
        machines.setFacts("m1", Map.of("kernel", "6.1", "cores", "4", "memory", "262144", "os", "debian"));
        probeAgain("m1");
        assertThat(labels()).isEqualTo(Map.of("os", "mine", "mm/kernel", "6.1", "mm/cores", "4", "mm/memory", "256MiB",
                "mm/os", "debian"));

        machines.setFacts("m1", Map.of("kernel", "6.2", "cores", "$(reboot)", "memory", "262144"));
        probeAgain("m1");
        assertThat(labels()).isEqualTo(Map.of("os", "mine", "mm/kernel", "6.2", "mm/memory", "256MiB"));
        assertThat(reason("m1")).isNull();
    }

    @Test
    void aMachineThatFailsKeepsItsLabelsUntilItMoves() {
        machines.setFacts("m1", Map.of("kernel", "6.1"));
        probeAgain("m1");
        machines.fail("m1", Outcome.UNREACHABLE, "no answer");
        probeAgain("m1");
        assertThat(labels()).isEqualTo(Map.of("mm/kernel", "6.1"));
        set(Map.of("rack", "7"));

        machineService.change("m1",
                new MachineChange("10.0.0.9", null, null, SshCredentials.password("x"), null, null, null));

        assertThat(labels()).isEqualTo(Map.of("rack", "7"));
    }
}
