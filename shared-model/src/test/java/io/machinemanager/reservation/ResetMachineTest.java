package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountWork;
import io.machinemanager.account.TestSettings;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.testing.SshLogin;
import io.machinemanager.testing.TestPlaybook;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** Resets of a machine with sshd, by Ansible and a driver of the product. */
@Tag("machines")
@QuarkusTest
@TestProfile(ResetMachineTest.WithBoth.class)
@WithTestResource(MariaDbResource.class)
class ResetMachineTest extends ReservationTestBase {

    public static class WithBoth extends TestPlaybook.Profile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("RESET_PLAYBOOK", TestPlaybook.PLAYBOOK.toString(), "PREPARE_PLAYBOOK",
                    TestPlaybook.PLAYBOOK.toString(), "ANSIBLE_PLAYBOOK", RUNS);
        }
    }

    @TempDir
    Path folder;

    @Inject
    ResetService resets;

    @Inject
    MachineService machineService;

    private Lab lab;
    private LabMachine machine;
    private AccountWork work;

    @BeforeEach
    void start() {
        TestPlaybook.reset();
        lab = Lab.start(1);
        machine = lab.machine(0);
        work = AccountWork.by(Driver.SSH, TestSettings.in(folder));
        machines.delegate("m1", work.driver());
        machineService.register(new NewMachine("m1", machine.host(), machine.port(), machine.user(),
                SshCredentials.password(machine.password()), true), machine.hostKeys());
        fixture.change("m1", registered -> registered.lastSeenAt = registered.createdAt);
    }

    @AfterEach
    void stop() {
        work.close();
        lab.close();
    }

    private void resetDue() {
        resets.startDue(10).forEach(CompletableFuture::join);
    }

    @Test
    void theMachineIsPreparedWithTheAccountAndResetWithoutIt() {
        TestPlaybook.useAnsible("""
                - raw: "{ echo {{ mm_account }}; id {{ mm_account }}; } >> /root/told 2>&1; true"
                - raw: "grep '^{{ mm_account }}:' /etc/shadow | cut -d : -f 8 >> /root/expiry; true"
                """);
        reserve(alice, 1);
        assertThat(machine.lines("/root/told")).hasSize(2).element(1).asString().startsWith("uid=");
        assertThat(machine.lines("/root/expiry")).as("closed while it was prepared").containsExactly("1");
        assertThat(new SshLogin(machine, "alice", "secret word").works()).isTrue();
        fixture.expireAll();
        Scheduled.cleanUp(reservations, 10);

        resetDue();

        assertThat(machine.lines("/root/told")).hasSize(4).element(3).asString().contains("no such user");
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    @Test
    void aResetThatStopsTheMachineKeepsItOutUntilItIsBack() {
        reserve(alice, 1);
        fixture.expireAll();
        Scheduled.cleanUp(reservations, 10);
        TestPlaybook.useAnsible("""
                - {raw: 'kill -KILL -1', ignore_unreachable: true, ignore_errors: true}
                """);

        resetDue();

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(reason("m1")).startsWith("After the reset: The machine refuses the connection");

        machine.restart();
        TestPlaybook.useAnsible("- raw: 'true'\n");
        fixture.endPauses();
        resetDue();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
    }

    @Test
    void aMachineThatTheResetHasSetBackToATimeWithTheAccountStaysOut() {
        reserve(alice, 1);
        machine.exec("sh", "-c",
                "cp -a /etc/passwd /etc/shadow /etc/group /root/; cp -a /var/lib/machine-manager /root/saved || true");
        fixture.expireAll();
        Scheduled.cleanUp(reservations, 10);
        assertThat(machine.passwdHas("alice")).isFalse();
        TestPlaybook.useAnsible("""
                - raw: "cp -a /root/passwd /root/shadow /root/group /etc/"
                """);

        resetDue();

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(reason("m1")).isEqualTo("After the reset, the account alice is on the machine again.");
    }
}
