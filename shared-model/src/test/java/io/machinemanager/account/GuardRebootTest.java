package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/**
 * The guard and a reboot. The machines of the lab share the kernel of their host, so the tests put other files in the
 * place of those by which the kernel tells that it has booted.
 */
class GuardRebootTest extends GuardTestBase {

    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";
    private static final String ENDS = "/var/lib/machine-manager/ends";
    private static final String SEEN = "/var/lib/machine-manager/guard.seen";

    @AfterEach
    void endFakes() {
        for (Flavour flavour : List.of(Flavour.DEBIAN, Flavour.BUSYBOX)) {
            machine(flavour).exec("umount", "-l", BOOT_ID);
            machine(flavour).exec("umount", "-l", "/proc/uptime");
        }
    }

    /** Restarts the machine; the kernel has been up for so many seconds then. */
    private static void reboot(LabMachine machine, long uptime) {
        machine.restart();
        machine.exec("sh", "-c", "echo 01234567-aaaa-bbbb-cccc-0123456789ab >/tmp/boot_id; echo '" + uptime
                + ".00 1.00' >/tmp/uptime; mount --bind /tmp/boot_id " + BOOT_ID
                + "; mount --bind /tmp/uptime /proc/uptime");
    }

    /** As cron does it, which may be a minute later. */
    private static void startGuard(LabMachine machine) {
        machine.exec("sh", "-c", "setsid sh -c 'exec /bin/sh /var/lib/machine-manager/guard' >/dev/null 2>&1 &");
        soon().until(() -> !guards(machine).isEmpty());
    }

    /** Moves the time at which the guard last looked back, as if the machine had been off for so long. */
    private static void wasOff(LabMachine machine, long seconds) throws IOException {
        setSeenClock(machine, Long.parseLong(machine.lines(SEEN).getFirst().split(" ")[2]) - seconds);
    }

    private static void setSeenClock(LabMachine machine, long clock) throws IOException {
        String[] seen = machine.lines(SEEN).getFirst().split(" ");
        Files.writeString(machine.path(SEEN), "%s %s %d%n".formatted(seen[0], seen[1], clock));
    }

    private static void makeEndsReadOnly(LabMachine machine) {
        machine.exec("sh", "-c", "mount --bind %s %s; mount -o remount,bind,ro %s".formatted(ENDS, ENDS, ENDS));
    }

    private static long create(LabMachine machine, String account) {
        long token = AccountWork.newToken();
        assertThat(create(machine, account, token, end(600, 60))).isEqualTo(AccountResult.done());
        soon().until(() -> hasFile(machine, "guard.seen"));
        return token;
    }

    private static void remove(LabMachine machine, String account, long token) {
        machine.exec("umount", "-l", BOOT_ID);
        machine.exec("umount", "-l", "/proc/uptime");
        assertThat(work.remove(machine, account, token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void theTimeThatTheMachineWasOffCounts(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = create(machine, "alice");
        reboot(machine, 20);
        assertThat(secondsLeft(machine, "alice")).as("until the guard runs").isNull();
        wasOff(machine, 300);
        startGuard(machine);

        soon().until(() -> secondsLeft(machine, "alice") != null);
        assertThat(secondsLeft(machine, "alice")).isBetween(200L, 300L);
        assertThat(AccountWork.login(machine, "alice").works()).isTrue();
        remove(machine, "alice", token);
    }

    @Test
    void accessEndsWhenTheEndPassedWhileTheMachineWasOff() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "bert");
        reboot(machine, 20);
        wasOff(machine, 700);
        startGuard(machine);

        soon().until(() -> AccountWork.login(machine, "bert").isRefused());
        remove(machine, "bert", token);
    }

    @Test
    void aClockThatWasSetBackGivesNoMoreTime() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "carl");
        reboot(machine, 20);
        wasOff(machine, -30L * 365 * 86_400);
        startGuard(machine);

        soon().until(() -> secondsLeft(machine, "carl") != null);
        assertThat(secondsLeft(machine, "carl")).isBetween(500L, 600L);
        remove(machine, "carl", token);
    }

    @Test
    void aClockThatWasNotSetBeforeTheRebootTakesNoTimeAway() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "cora");
        reboot(machine, 20);
        setSeenClock(machine, 300);
        startGuard(machine);

        soon().until(() -> secondsLeft(machine, "cora") != null);
        assertThat(secondsLeft(machine, "cora")).isBetween(500L, 600L);
        assertThat(AccountWork.login(machine, "cora").works()).isTrue();
        remove(machine, "cora", token);
    }

    /** The end in the file is of the last boot then, and further away than this boot is old. */
    @Test
    @Tag("deep")
    void accessEndsThoughTheEndOfTheLastBootCannotBeWrittenAnew() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "cleo");
        reboot(machine, 20);
        wasOff(machine, 700);
        makeEndsReadOnly(machine);
        startGuard(machine);

        soon().until(() -> AccountWork.login(machine, "cleo").isRefused());
        assertThat(noted(machine, "cleo").get(1)).as("seconds of the last boot").hasSizeGreaterThan(2);
        assertThat(machine.lines(ENDS + "/cleo").getLast()).startsWith("no");
        machine.exec("umount", "-l", ENDS);
        soon().until(() -> machine.lines(ENDS + "/cleo").getLast().startsWith("yes"));
        assertThat(secondsLeft(machine, "cleo")).isBetween(-300L, -60L);
        remove(machine, "cleo", token);
    }

    /** With such a clock the end is computed from the time since the boot alone, in each round. */
    @Test
    @Tag("deep")
    void timePassesWhereNeitherTheClockIsSetNorTheEndCanBeWritten() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "cara");
        reboot(machine, 20);
        setSeenClock(machine, 300);
        makeEndsReadOnly(machine);
        startGuard(machine);
        awaitRound(machine);
        assertThat(AccountWork.login(machine, "cara").works()).isTrue();

        machine.exec("sh", "-c", "echo '720.00 1.00' >/tmp/uptime");

        soon().until(() -> AccountWork.login(machine, "cara").isRefused());
        machine.exec("umount", "-l", ENDS);
        remove(machine, "cara", token);
    }

    @Test
    void aContainerWhoseUptimeBeginsAnewIsAsRebooted() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "dora");
        reboot(machine, 3);
        machine.exec("umount", "-l", BOOT_ID);
        startGuard(machine);

        soon().until(() -> secondsLeft(machine, "dora") != null && secondsLeft(machine, "dora") < 700);
        assertThat(secondsLeft(machine, "dora")).isBetween(500L, 600L);
        remove(machine, "dora", token);
    }

    /** What the guard noted before the restart must not count for an end that was given since. */
    @Test
    @Tag("deep")
    void anEndThatIsGivenAfterTheRestartCounts() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "dirk");
        reboot(machine, 3);
        machine.exec("umount", "-l", BOOT_ID);
        assertThat(moveEnd(machine, "dirk", token, end(500, 60))).isEqualTo(AccountResult.done());
        String round = turn(machine);
        soon().until(() -> !turn(machine).equals(round));

        assertThat(secondsLeft(machine, "dirk")).isBetween(400L, 500L);
        assertThat(AccountWork.login(machine, "dirk").works()).isTrue();
        remove(machine, "dirk", token);
    }

    @Test
    @Tag("deep")
    void anAccountThatIsMadeAfterTheRestartHasItsWholeTime() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long first = create(machine, "edda");
        reboot(machine, 3);
        machine.exec("umount", "-l", BOOT_ID);
        assertThat(work.remove(machine, "edda", first)).isEqualTo(AccountResult.done());
        long token = AccountWork.newToken();
        assertThat(create(machine, "ella", token, end(500, 60))).isEqualTo(AccountResult.done());
        String round = turn(machine);
        soon().until(() -> !turn(machine).equals(round));

        assertThat(secondsLeft(machine, "ella")).isBetween(400L, 500L);
        assertThat(AccountWork.login(machine, "ella").works()).isTrue();
        remove(machine, "ella", token);
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    @Tag("deep")
    void cronStartsTheGuardAfterAReboot(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = create(machine, "emil");
        machine.restart();

        Awaitility.await().atMost(Duration.ofSeconds(90))
                .until(() -> guards(machine).size() == 1);
        assertThat(secondsLeft(machine, "emil")).isBetween(400L, 600L);
        remove(machine, "emil", token);
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void withoutCronAndSystemdTheAccountExpiresOnTheDayAfter(Flavour flavour) {
        LabMachine machine = machine(flavour);
        assertNoGuardIsLeft(machine);
        machine.exec("sh", "-c", "kill $(cat /run/crond.pid); rm /run/crond.pid");
        long token = create(machine, "fred");

        assertThat(expiryDay(machine, "fred")).isEqualTo(dayAfter(machine, 660));
        assertThat(AccountWork.login(machine, "fred").works()).isTrue();
        assertThat(moveEnd(machine, "fred", token, end(3 * 86_400, 60))).isEqualTo(AccountResult.done());
        assertThat(expiryDay(machine, "fred")).isEqualTo(dayAfter(machine, 3 * 86_400 + 60));
        assertThat(AccountWork.login(machine, "fred").works()).isTrue();
        assertThat(moveEnd(machine, "fred", token, null)).isEqualTo(AccountResult.done());
        assertThat(expiryDay(machine, "fred")).isEmpty();
        remove(machine, "fred", token);
        machine.restart();
    }
}
