package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.error.ConflictException;
import io.machinemanager.machine.HostKeyRecorder;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(ProbeTestBase.WithSpares.class)
@WithTestResource(MariaDbResource.class)
class DuplicateHostsTest extends ProbeTestBase {

    @Inject
    HostKeyRecorder hostKeys;

    @Test
    void aMachineWithTheHostKeysOfAnOlderOneIsNotLentUntilThatIsAllowedOrTheOlderOneIsDeleted() {
        fixture.change("m1", machine -> machine.hostKeys = "ssh-ed25519 BBBB");
        register("m4", "10.0.0.4");
        long newer = fixture.machine("m4").id;
        probeAgain("m4");
        assertThat(hostKeys.record(newer, "10.0.0.4", 22, "ssh-ed25519 BBBB\nssh-rsa CCCC")).isPresent();
        fixture.change("m4", machine -> machine.lastSeenAt = machine.createdAt);
        assertThat(reason("m4")).contains("m1").contains("same SSH host key");
        probeAgain("m4");
        assertThat(reason("m4")).contains("m1");

        machineService.change("m4", new MachineChange(null, null, null, null, null, true, null));
        assertThat(reason("m4")).isNull();
        assertThatThrownBy(
                () -> machineService.change("m4", new MachineChange(null, null, null, null, null, false, null)))
                .isInstanceOf(ConflictException.class).hasMessageContaining("m1").hasMessageContaining("ssh-keygen -A");
        fixture.change("m4", machine -> {
            machine.sharedHost = false;
            machine.duplicateReason = "The machine m1 has the same SSH host key.";
        });
        machineService.delete("m1", false);
        probeDue();
        assertThat(reason("m4")).isNull();
    }

    @Test
    void aMachineIsNotLentWhenAnOlderOneShowsItsHostKeysLater() {
        register("m4", "10.0.0.4");
        register("m5", "10.0.0.5");
        fixture.change("m5", machine -> {
            machine.hostKeys = "ssh-ed25519 BBBB";
            machine.lastSeenAt = machine.createdAt;
        });
        assertThat(reason("m5")).isNull();

        hostKeys.record(fixture.machine("m4").id, "10.0.0.4", 22, "ssh-ed25519 BBBB");

        assertThat(reason("m5")).contains("m4");
        assertThat(fixture.machine("m4").duplicateReason).isNull();
    }

    private void register(String name, String host) {
        machineService.register(new NewMachine(name, host, 22, "root", SshCredentials.password("secret"), false), null);
    }
}
