package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** The guard on a machine where something is out of order: a disk, the guard's process, the lock, the user's files. */
class GuardFaultTest extends GuardTestBase {

    private static final String LOCK = STATE + "lock";

    private static void sh(LabMachine machine, String script) {
        assertThat(machine.exec("sh", "-c", script).errors()).isEmpty();
    }

    private static long create(LabMachine machine, String account, long grace) {
        long token = AccountWork.newToken();
        assertThat(create(machine, account, token, end(600, grace))).isEqualTo(AccountResult.done());
        soon().until(() -> hasFile(machine, "guard.seen"));
        return token;
    }

    private static void remove(LabMachine machine, String account, long token) {
        assertThat(work.remove(machine, account, token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
    }

    /** Writes another end into the file of an account, as a task of the service does. */
    private static void setEnd(LabMachine machine, String account, long secondsFromNow) throws IOException {
        double uptime = Double.parseDouble(machine.exec("cut", "-d ", "-f1", "/proc/uptime").output());
        List<String> lines = machine.lines(STATE + "ends/" + account);
        String first = lines.getFirst().replaceFirst(" \\S+", " " + ((long) uptime + secondsFromNow));
        Files.writeString(machine.path(STATE + "ends/" + account), first + "\n" + lines.getLast() + "\n");
    }

    private static boolean isCut(LabMachine machine, String account) {
        return machine.lines(STATE + "ends/" + account).getLast().startsWith("yes");
    }

    private static boolean countsAsRunning(LabMachine machine) {
        return work.result(AccountTask.probe(machine.target())).facts().containsKey("guard");
    }

    /** Makes the guard's signs of life old: its start and its last note. */
    private static void makeSilent(LabMachine machine) {
        sh(machine, "cd %s; sed -i 's/[0-9]*$/0/' guard.pid; sed -i 's/ [0-9]* / 0 /' guard.seen".formatted(STATE));
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void accessEndsThoughTheFolderOfTheGuardBecomesReadOnly(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = create(machine, "alice", 2);
        setEnd(machine, "alice", 4);
        sh(machine, "cd /; d=%s; mount --bind $d $d; mount -o remount,bind,ro $d".formatted(STATE));
        try {
            soon().until(() -> AccountWork.login(machine, "alice").isRefused());
            assertThat(key.run(machine, "alice", "id -un")).as("key").isEmpty();
        } finally {
            machine.exec("umount", "-l", STATE);
        }
        soon().until(() -> isCut(machine, "alice"));
        remove(machine, "alice", token);
    }

    @Test
    void anEndThatIsMovedWhileAccessIsAboutToEndKeepsTheSessions() throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "berta", 2);
        try (var session = AccountWork.login(machine, "berta").open()) {
            session.type("sleep 1000");
            soon().until(() -> machine.processesOf("berta").toString().contains("sleep"));
            sh(machine, "setsid flock " + LOCK + " sleep 100 >/dev/null 2>&1 & echo $! >/tmp/holder");
            soon().until(() -> machine.exec("flock", "-n", LOCK, "true").status() != 0);
            setEnd(machine, "berta", -10);
            soon().until(() -> isCutUnderWay(machine));
            setEnd(machine, "berta", 3600);
            sh(machine, "kill -KILL -$(cat /tmp/holder)");
            soon().until(() -> !isCutUnderWay(machine));
            awaitRound(machine);

            assertThat(machine.processesOf("berta").toString()).contains("sleep");
        }
        assertThat(AccountWork.login(machine, "berta").works()).isTrue();
        remove(machine, "berta", token);
    }

    private static boolean isCutUnderWay(LabMachine machine) {
        return machine.exec("pgrep", "-f", "guard CUT").status() == 0;
    }

    @Test
    void aGuardThatIsStoppedIsReplaced() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "carl", 2);
        String stopped = guards(machine).getFirst();
        sh(machine, "kill -STOP " + stopped);
        assertThat(countsAsRunning(machine)).as("it may only be slow").isTrue();
        makeSilent(machine);
        assertThat(countsAsRunning(machine)).isFalse();

        assertThat(moveEnd(machine, "carl", token, end(0, 0))).isEqualTo(AccountResult.done());

        assertThat(countsAsRunning(machine)).isTrue();
        assertThat(guards(machine)).hasSize(1).doesNotContain(stopped);
        soon().until(() -> isCut(machine, "carl"));
        remove(machine, "carl", token);
    }

    @Test
    void aGuardThatIsStoppedIsKilledByTheLastRemoval() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = create(machine, "dora", 2);
        sh(machine, "kill -STOP " + guards(machine).getFirst());
        makeSilent(machine);

        remove(machine, "dora", token);
    }

    /** It cannot note that it runs then, and no other guard could be started in its place. */
    @Test
    void aSilentGuardIsNotKilledWhileTheDiskIsFull() {
        LabMachine machine = machine(Flavour.DEBIAN);
        assertNoGuardIsLeft(machine);
        sh(machine, "cd /; mkdir -p %s; mount -t tmpfs -o size=300k,mode=700 tmpfs %s".formatted(STATE, STATE));
        try {
            long token = create(machine, "emil", 2);
            List<String> running = guards(machine);
            makeSilent(machine);
            machine.exec("dd", "if=/dev/zero", "of=" + STATE + "fill", "bs=1k");

            AccountResult result = moveEnd(machine, "emil", token, end(700, 2));

            assertThat(guards(machine)).isEqualTo(running);
            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            sh(machine, "rm %sfill".formatted(STATE));
            remove(machine, "emil", token);
        } finally {
            machine.exec("umount", "-l", STATE);
        }
    }

    @Test
    void aProfileWhoseLastLineHasNoEndStaysWhole() {
        LabMachine machine = machine(Flavour.DEBIAN);
        sh(machine, "printf 'if true; then\n  x=1\nfi' >/etc/skel/.profile");
        long token = create(machine, "fred", 2);
        sh(machine, "rm /etc/skel/.profile");

        sh(machine, "sh -n /home/fred/.profile");
        assertThat(machine.lines("/home/fred/.profile")).contains("fi").last().asString().contains("greetings/fred");
        remove(machine, "fred", token);
    }
}
