package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** The guard ends access on time while the service does nothing. */
class GuardTest extends GuardTestBase {

    @AfterEach
    void removeFakes() {
        machine(Flavour.DEBIAN).endFakes();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void accessEndsAfterTheGraceThoughTheServiceDoesNothing(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        assertThat(create(machine, "alice", token, end(3, 2))).isEqualTo(AccountResult.done());
        assertThat(key.run(machine, "alice", "id -un")).isEqualTo("alice\n");

        try (var session = AccountWork.login(machine, "alice").open()) {
            session.type("sleep 1000 & ( trap '' HUP TERM; sleep 1001 ) &");
            assertThat(session.isCutWithin(Duration.ofSeconds(30))).isTrue();
        }
        assertThat(AccountWork.login(machine, "alice").works()).as("password").isFalse();
        assertThat(key.run(machine, "alice", "id -un")).as("key").isEmpty();
        soon().until(() -> machine.processesOf("alice").isEmpty());
        assertThat(machine.passwdHas("alice")).as("its removal is left to the service").isTrue();

        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("alice")).isFalse();
        assertNoGuardIsLeft(machine);
        assertThat(hasFile(machine, "ends/alice")).isFalse();
        assertThat(hasFile(machine, "greetings/alice")).isFalse();
        assertThat(hasFile(machine, "/etc/cron.d/machine-manager-guard")).isFalse();
        assertThat(machine.exec("sh", "-c", "cat /var/spool/cron/crontabs/root").output()).doesNotContain("guard");
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void oneGuardServesAllAccountsAndEndsOnlyThoseThatAreDue(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long first = AccountWork.newToken();
        long second = AccountWork.newToken();
        assertThat(create(machine, "berta", first, end(1, 1))).isEqualTo(AccountResult.done());
        assertThat(create(machine, "carl", second, end(600, 60))).isEqualTo(AccountResult.done());
        machine.exec("sh", "-c", "/bin/sh /var/lib/machine-manager/guard & /bin/sh /var/lib/machine-manager/guard");

        soon().until(() -> AccountWork.login(machine, "berta").isRefused());
        assertThat(AccountWork.login(machine, "carl").works()).isTrue();
        soon().until(() -> guards(machine).size() == 1);
        assertThat(secondsLeft(machine, "carl")).isBetween(500L, 600L);
        assertThat(secondsLeft(machine, "berta")).isNegative();

        assertThat(work.remove(machine, "berta", first)).isEqualTo(AccountResult.done());
        assertThat(work.remove(machine, "carl", second)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
    }

    @ParameterizedTest
    @MethodSource("flavours")
    @Tag("deep")
    void anAccountThatAnotherProgramMadeSinceIsLeftAlone(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        assertThat(create(machine, "dora", token, end(3, 2))).isEqualTo(AccountResult.done());
        machine.exec("sh", "-c",
                "userdel -r dora || deluser dora; rm -rf /home/dora /var/lib/machine-manager/accounts/dora;"
                        + " useradd dora || adduser -D dora; echo dora:other | chpasswd");
        List<String> before = machine.lines("/etc/shadow");

        soon().until(() -> !hasFile(machine, "ends/dora"));
        assertNoGuardIsLeft(machine);
        assertThat(machine.lines("/etc/shadow")).isEqualTo(before);
        machine.exec("sh", "-c", "userdel -r dora || deluser dora; rm -rf /home/dora");
    }

    @Test
    @Tag("deep")
    void accessEndsThoughTheAccountListIsLockedByAnotherProgram() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        assertThat(create(machine, "emil", token, end(3, 2))).isEqualTo(AccountResult.done());
        machine.exec("sh", "-c",
                "echo $$ >/etc/passwd.lock; echo $$ >/etc/shadow.lock; exec sleep 300 >/dev/null 2>&1 &"
                        + " echo $! >/etc/passwd.lock; echo $! >/etc/shadow.lock");

        soon().until(() -> AccountWork.login(machine, "emil").isRefused());
        machine.exec("sh", "-c", "kill $(cat /etc/passwd.lock); rm /etc/*.lock");
        assertThat(work.remove(machine, "emil", token)).isEqualTo(AccountResult.done());
    }

    @Test
    void noAccountIsMadeWhereTheGuardCannotBeWritten() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        assertNoGuardIsLeft(machine);
        machine.exec("sh", "-c", "mkdir -p /var/lib/machine-manager; chmod 700 /var/lib/machine-manager;"
                + " mount -t tmpfs -o size=40k,mode=700 tmpfs /var/lib/machine-manager");
        try {
            AccountResult result = create(machine, "fred", token, end(600, 60));

            assertThat(result).isEqualTo(new AccountResult(Outcome.FAILED,
                    "Cannot write to /var/lib/machine-manager on the machine."));
            assertThat(machine.passwdHas("fred")).isFalse();
        } finally {
            machine.exec("umount", "-l", "/var/lib/machine-manager");
        }
        assertThat(work.remove(machine, "fred", token)).isEqualTo(AccountResult.done());
    }

    @Test
    void noAccountIsMadeWhereTheGuardDoesNotStart() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        assertNoGuardIsLeft(machine);
        machine.fake("setsid", "exit 1");
        // cron would start it
        machine.exec("mv", "/run/crond.pid", "/run/crond.away");

        AccountResult result = create(machine, "gina", token, end(600, 60));

        machine.exec("mv", "/run/crond.away", "/run/crond.pid");
        assertThat(result).isEqualTo(new AccountResult(Outcome.FAILED,
                "The guard does not start on the machine."));
        assertThat(machine.passwdHas("gina")).isFalse();
        assertThat(hasFile(machine, "ends/gina")).isFalse();
    }

    @Test
    void aGuardOfAnOlderVersionIsReplacedAndANewerOneIsNot() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        assertThat(create(machine, "hana", token, end(600, 60))).isEqualTo(AccountResult.done());
        List<String> old = guards(machine);
        setVersion(machine, 0);
        assertThat(moveEnd(machine, "hana", token, end(700, 60))).isEqualTo(AccountResult.done());
        List<String> replaced = guards(machine);
        assertThat(replaced).hasSize(1).doesNotContainAnyElementsOf(old);

        setVersion(machine, AccountScript.guardVersion() + 1);
        assertThat(moveEnd(machine, "hana", token, end(800, 60))).isEqualTo(AccountResult.done());
        assertThat(guards(machine)).isEqualTo(replaced);
        assertThat(work.result(AccountTask.probe(machine.target())).facts())
                .containsEntry("guard", Long.toString(AccountScript.guardVersion() + 1));
        assertThat(work.remove(machine, "hana", token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
    }

    /** As a user with sudo could do: the process goes on, but what it runs to end access is gone. */
    @Test
    void aGuardThatLostItsScriptDoesNotCountAndGetsItAgain() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        assertThat(create(machine, "jane", token, end(600, 60))).isEqualTo(AccountResult.done());
        machine.exec("rm", "/var/lib/machine-manager/guard");

        assertThat(work.result(AccountTask.probe(machine.target())).facts()).doesNotContainKey("guard");
        assertThat(moveEnd(machine, "jane", token, end(0, 0))).isEqualTo(AccountResult.done());
        soon().until(() -> machine.lines("/var/lib/machine-manager/ends/jane").getLast().startsWith("yes"));
        soon().until(() -> guards(machine).size() == 1);
        assertThat(work.remove(machine, "jane", token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
    }

    @Test
    void rootsOwnCrontabStaysAsItWas() {
        LabMachine machine = machine(Flavour.BUSYBOX);
        assertNoGuardIsLeft(machine);
        String crontab = "/var/spool/cron/crontabs/root";
        machine.exec("sh", "-c", "printf '1 1 1 1 1 true\n2 2 2 2 2 false' >" + crontab);
        long token = AccountWork.newToken();
        assertThat(create(machine, "kati", token, end(600, 60))).isEqualTo(AccountResult.done());
        assertThat(machine.lines(crontab)).hasSize(3).startsWith("1 1 1 1 1 true", "2 2 2 2 2 false");

        assertThat(work.remove(machine, "kati", token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
        assertThat(machine.lines(crontab)).containsExactly("1 1 1 1 1 true", "2 2 2 2 2 false");
        machine.exec("rm", crontab);
    }

    @ParameterizedTest
    @MethodSource("flavours")
    @Tag("deep")
    void aUserWhoFillsTheTableOfProcessesDoesNotKeepTheGuardFromEndingAccess(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        assertThat(create(machine, "lena", token, end(15, 2))).isEqualTo(AccountResult.done());
        String most = machine.exec("cat", "/proc/sys/kernel/pid_max").output().strip();
        machine.exec("sh", "-c", "echo 400 >/proc/sys/kernel/pid_max");
        try (var session = AccountWork.login(machine, "lena").open()) {
            session.type("while :; do sleep 1000 & done 2>/dev/null");

            assertThat(session.isCutWithin(Duration.ofSeconds(60))).isTrue();
        } finally {
            machine.exec("sh", "-c", "echo " + most + " >/proc/sys/kernel/pid_max");
        }
        soon().until(() -> AccountWork.login(machine, "lena").isRefused());
        soon().until(() -> machine.processesOf("lena").isEmpty());
        assertThat(work.remove(machine, "lena", token)).isEqualTo(AccountResult.done());
    }

    @Test
    @Tag("deep")
    void theGuardTriesAgainWhileTheAccountCannotBeLocked() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        assertThat(create(machine, "mara", token, end(1, 1))).isEqualTo(AccountResult.done());
        machine.exec("sh", "-c", "cp -p /etc/shadow /tmp/shadow; mount --bind /tmp/shadow /etc/shadow;"
                + " mount -o remount,bind,ro /etc/shadow");
        String round = turn(machine);
        soon().until(() -> !turn(machine).equals(round));
        String next = turn(machine);
        soon().until(() -> !turn(machine).equals(next));
        // The account cannot be locked yet. The guard ends its sessions in each round, which a log-in may meet.
        soon().until(() -> AccountWork.login(machine, "mara").works());
        machine.exec("umount", "-l", "/etc/shadow");

        soon().until(() -> AccountWork.login(machine, "mara").isRefused());
        assertThat(work.remove(machine, "mara", token)).isEqualTo(AccountResult.done());
    }

    private static void setVersion(LabMachine machine, long version) {
        machine.exec("sed", "-i", "s/ [0-9]*/ " + version + "/", "/var/lib/machine-manager/guard.pid");
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void withoutAnEndThereIsNoGuard(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        assertNoGuardIsLeft(machine);
        assertThat(createWithKey(machine, "ida", token, false)).isEqualTo(AccountResult.done());

        assertThat(guards(machine)).isEmpty();
        assertThat(hasFile(machine, "ends/ida")).isFalse();
        assertThat(secondsLeft(machine, "ida")).isNull();
        assertThat(work.remove(machine, "ida", token)).isEqualTo(AccountResult.done());
    }
}
