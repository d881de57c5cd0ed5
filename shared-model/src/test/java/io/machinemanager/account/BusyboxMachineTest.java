package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** The script on a machine that has only busybox and sshd. */
class BusyboxMachineTest extends EachDriver {

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1, Flavour.BUSYBOX);
        machine = lab.machine(0);
    }

    @Test
    void accountIsCreatedAndRemovedWithItsProcesses() {
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        int uid = machine.uidOf("alice").orElseThrow();
        try (var session = login(machine, "alice").open()) {
            session.type(
                    "i=0; while [ $i -lt 50 ]; do (setsid sleep 1000 &); i=$((i+1)); done; touch /tmp/x; echo all");
            Awaitility.await().until(() -> machine.processesOf(uid).size() > 50);

            assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
            assertThat(session.isCutWithin(Duration.ofSeconds(5))).isTrue();
        }
        assertThat(machine.processesOf(uid)).isEmpty();
        assertThat(machine.passwdHas("alice")).isFalse();
        assertThat(machine.homeExists("alice")).isFalse();
        assertThat(machine.exec("ls", "/tmp").output()).isEmpty();
        assertThat(login(machine, "alice").isRefused()).isTrue();
    }

    @Test
    void homeTooDeepForAPathIsRemoved() {
        long token = AccountWork.newToken();
        work.create(machine, "bert", token);
        login(machine, "bert")
                .run("d=%s; mkdir $d; i=0; while [ $i -lt 100 ]; do mkdir n; mv $d n; mv n $d; i=$((i+1)); done"
                        .formatted("x".repeat(100)));

        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertThat(machine.homeExists("bert")).isFalse();
    }

    @Test
    void sharedFoldersTooDeepForAPathAreRemoved() {
        long token = AccountWork.newToken();
        work.create(machine, "dora", token);
        login(machine, "dora").run("cd /tmp; d=%s; mkdir $d; i=0; while [ $i -lt 100 ]; do mkdir n; mv $d n; mv n $d;"
                .formatted("x".repeat(100)) + " i=$((i+1)); done");

        assertThat(work.remove(machine, "dora", token)).isEqualTo(AccountResult.done());
        assertThat(machine.exec("ls", "/tmp").output()).isEmpty();
    }

    @Test
    void lateCreationAndForeignAccountsAreRefused() {
        long token = AccountWork.newToken();
        machine.exec("adduser", "-D", "person");

        assertThat(work.create(machine, "person", token).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(work.remove(machine, "person", token).isDone()).isTrue();
        assertThat(machine.passwdHas("person")).isTrue();
        assertThat(work.create(machine, "cora", token).reason()).contains("already cleaned up");
        assertThat(machine.passwdHas("cora")).isFalse();
    }
}
