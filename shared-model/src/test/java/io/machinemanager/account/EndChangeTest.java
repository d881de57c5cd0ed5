package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** A new end for an account that is there. */
class EndChangeTest extends GuardTestBase {

    @ParameterizedTest
    @MethodSource("flavours")
    void theGuardGoesByTheNewEnd(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "alice", token, end(600, 2));
        List<String> guard = guards(machine);

        assertThat(moveEnd(machine, "alice", token, end(1200, 2))).isEqualTo(AccountResult.done());
        assertThat(secondsLeft(machine, "alice")).isBetween(1100L, 1200L);
        assertThat(guards(machine)).isEqualTo(guard);
        assertThat(moveEnd(machine, "alice", token, end(1, 1))).isEqualTo(AccountResult.done());
        soon().until(() -> AccountWork.login(machine, "alice").isRefused());
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
    }

    /** The service knows better: after a reboot with a wrong clock, the guard may have come too early. */
    @ParameterizedTest
    @MethodSource("flavours")
    void aLaterEndLetsAnAccountInAgainThatTheGuardHasLocked(Flavour flavour) throws Exception {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "berta", token, end(1, 1));
        soon().until(() -> AccountWork.login(machine, "berta").isRefused());

        assertThat(moveEnd(machine, "berta", token, end(600, 60))).isEqualTo(AccountResult.done());

        assertLetsIn(machine, "berta");
        assertThat(work.remove(machine, "berta", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void aGuardThatWasKilledOrLostItsFilesIsStartedAgain(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "carl", token, end(600, 60));
        machine.exec("kill", "-KILL", guards(machine).getFirst());
        assertThat(work.result(AccountTask.probe(machine.target())).facts()).doesNotContainKey("guard");
        assertThat(moveEnd(machine, "carl", token, end(600, 60))).isEqualTo(AccountResult.done());
        assertThat(guards(machine)).hasSize(1);
        assertThat(work.result(AccountTask.probe(machine.target())).facts()).containsEntry("guard",
                Long.toString(AccountScript.guardVersion()));

        machine.exec("sh", "-c", "rm -rf /var/lib/machine-manager/ends /var/lib/machine-manager/g*");
        assertThat(secondsLeft(machine, "carl")).isNull();
        assertThat(moveEnd(machine, "carl", token, end(500, 60))).isEqualTo(AccountResult.done());
        assertThat(secondsLeft(machine, "carl")).isBetween(400L, 500L);
        assertThat(work.remove(machine, "carl", token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void anAccountThatIsNotOfThisReservationIsRefused(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "dora", token, end(600, 60));

        assertThat(moveEnd(machine, "dora", token + 1, end(900, 60))).isEqualTo(
                new AccountResult(Outcome.REFUSED, "The account dora on the machine is not ours."));
        assertThat(moveEnd(machine, "nobody-there", token, end(900, 60))).isEqualTo(
                new AccountResult(Outcome.REFUSED, "There is no account nobody-there on the machine."));
        assertThat(secondsLeft(machine, "dora")).isLessThan(601L);
        assertThat(work.remove(machine, "dora", token)).isEqualTo(AccountResult.done());
        assertThat(moveEnd(machine, "dora", token, end(900, 60))).isEqualTo(
                new AccountResult(Outcome.REFUSED, "This reservation was already cleaned up on the machine."));
        assertThat(hasFile(machine, "ends/dora")).isFalse();
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void anAccountCanLoseAndGetAnEnd(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "emil", token, end(600, 60));

        assertThat(moveEnd(machine, "emil", token, null)).isEqualTo(AccountResult.done());
        assertThat(secondsLeft(machine, "emil")).isNull();
        assertNoGuardIsLeft(machine);
        assertThat(moveEnd(machine, "emil", token, end(600, 60))).isEqualTo(AccountResult.done());
        assertThat(secondsLeft(machine, "emil")).isPositive();
        assertThat(work.remove(machine, "emil", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void theGreetingAtALogInTellsTheEnd(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "fred", token, end(600, 60));

        try (var session = AccountWork.login(machine, "fred").open()) {
            assertThat(session.screen()).contains("This machine is yours until 2031-05-06 07:08 UTC.",
                    "PATCH /requests/" + REQUEST + " {\"extend_minutes\": 60}");
        }
        assertThat(AccountWork.login(machine, "fred").run("echo only this").output()).isEqualTo("only this\n");
        AccountWork.login(machine, "fred").run("touch .hushlogin");
        try (var session = AccountWork.login(machine, "fred").open()) {
            assertThat(session.screen()).doesNotContain("This machine is yours");
        }
        assertThat(work.remove(machine, "fred", token)).isEqualTo(AccountResult.done());
    }

    /** A run of Ansible that starts late must not make an end later. */
    @Test
    void theTimeUntilAnsibleStartsDoesNotCount() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        Path slow = Files.writeString(workDir.resolve("slow-ansible"),
                "#!/bin/sh\nsleep 6\nexec ansible-playbook \"$@\"\n");
        Files.setPosixFilePermissions(slow, PosixFilePermissions.fromString("rwx------"));
        long token = AccountWork.newToken();
        try (AccountWork late = AccountWork.by(AccountConfig.Driver.ANSIBLE,
                TestSettings.in(workDir).withPlaybook(slow))) {
            long began = System.nanoTime();
            assertThat(late.result(creation(machine, "gina", token, end(600, 60)))).isEqualTo(AccountResult.done());
            long passed = (System.nanoTime() - began) / 1_000_000_000;

            assertThat(passed).isGreaterThan(5);
            assertThat(secondsLeft(machine, "gina")).isBetween(600 - passed - 3, 600 - passed + 3);
        }
        assertThat(work.remove(machine, "gina", token)).isEqualTo(AccountResult.done());
    }
}
