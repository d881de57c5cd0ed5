package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;

/** A removal kills every process and session of the account, or fails. */
class ProcessRemovalTest extends RemovalFixture {

    // An x86-64 program: clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM), after
    // which the first thread does exit(0) of the thread alone, and the second pause() without end.
    private static final String HEADLESS = "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAAB"
            + "AAAAAAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAApAAAAAAAAACkAAAAAAAAAAAQAAAAAAAAuDgAAAC/AA8FAEiNtCQA8P//"
            + "MdIPBYXAdAm4PAAAADH/DwW4IgAAAA8F6/c=";

    @ParameterizedTest
    @ValueSource(strings = {
            // a hundred processes
            "i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done",
            // loops that use all of the processor
            "for i in 1 2 3 4; do sh -c 'while :; do :; done' & done",
            // daemons that have left their session and ignore what can be ignored
            "for i in 1 2 3; do setsid sh -c 'trap \"\" HUP TERM INT; (while :; do sleep 1; done) & :' & done",
            // stopped ones
            "sleep 1000 & kill -STOP $!",
            // one that forges lines of its /proc status
            "sh -c 'printf \"a\\377\\nUid:\\t0\" >/proc/$$/comm; while :; do sleep 1; done' &",
            // a fork bomb, within a limit
            "ulimit -u 100; b() { b | b & }; b" })
    void processesAreKilled(String command) {
        int processes = command.contains("-lt 100") ? 100 : 1;
        long token = AccountWork.newToken();
        work.create(machine, "alice", token);
        int uid = machine.uidOf("alice").orElseThrow();
        login(machine, "alice").run("(" + command + ") >/dev/null 2>&1 </dev/null &");
        Awaitility.await().until(() -> machine.processesOf(uid).size() >= processes);

        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(machine.processesOf(uid)).isEmpty();
        assertGone("alice");
    }

    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    void processWithADeadFirstThreadIsKilled() {
        long token = AccountWork.newToken();
        work.create(machine, "axel", token);
        int uid = machine.uidOf("axel").orElseThrow();
        machine.exec("sh", "-c",
                "echo " + HEADLESS + " | base64 -d >/usr/local/bin/headless; chmod 755 /usr/local/bin/headless");
        login(machine, "axel").run("headless >/dev/null 2>&1 </dev/null &");
        Awaitility.await().until(() -> machine.processesOf(uid).stream().anyMatch(name -> name.endsWith(" headless")));

        assertThat(work.remove(machine, "axel", token)).isEqualTo(AccountResult.done());
        assertThat(machine.processesOf(uid)).isEmpty();
    }

    @Test
    void unlistableProcessesFailRemovalAndCreation() {
        long token = AccountWork.newToken();
        work.create(machine, "mona", token);
        fakeListing("exit 1");

        AccountResult result = work.remove(machine, "mona", token);
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).contains("processes, which cannot be listed");
        assertThat(work.create(machine, "nora", AccountWork.newToken())).isEqualTo(
                new AccountResult(Outcome.FAILED, "The processes on the machine cannot be listed."));
        assertGone("nora");

        removeFakes();
        assertThat(work.remove(machine, "mona", token)).isEqualTo(AccountResult.done());
        assertGone("mona");
    }

    @Test
    void truncatedListOfProcessesFailsTheRemoval() {
        long token = AccountWork.newToken();
        work.create(machine, "olga", token);
        fakeListing("/usr/bin/grep \"$@\" | sed '$d'; exit");

        assertThat(work.remove(machine, "olga", token).reason()).contains("processes, which cannot be listed");

        removeFakes();
        assertThat(work.remove(machine, "olga", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @ValueSource(ints = {126, 2 })
    void processesThatDoNotFitOnOneCommandLineAreKilled(int status) {
        long token = AccountWork.newToken();
        work.create(machine, "vera", token);
        int uid = machine.uidOf("vera").orElseThrow();
        login(machine, "vera").run("sleep 1000 >/dev/null 2>&1 </dev/null &");
        Awaitility.await().until(() -> !machine.processesOf(uid).isEmpty());
        // the statuses of shells when the arguments are too many
        fakeListing("read -r parent </proc/$PPID/comm; [ $parent = xargs ] || exit " + status);

        assertThat(work.remove(machine, "vera", token)).isEqualTo(AccountResult.done());
        assertThat(machine.processesOf(uid)).isEmpty();
    }

    @Test
    void processesAreKilledEvenWhenAnotherAccountHasTheName() {
        long token = AccountWork.newToken();
        work.create(machine, "kai", token);
        int uid = machine.uidOf("kai").orElseThrow();
        login(machine, "kai").run("sleep 1000 >/dev/null 2>&1 </dev/null &");
        Awaitility.await().until(() -> !machine.processesOf(uid).isEmpty());
        machine.exec("sh", "-c", "sed -i /^kai:/d /etc/passwd /etc/shadow; useradd -N -M -u 4242 kai");

        fakeListing("exit 126");
        assertThat(work.remove(machine, "kai", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: a process of it may be left, and its name is another account's by now."));

        removeFakes();
        assertThat(work.remove(machine, "kai", token)).isEqualTo(AccountResult.done());
        assertThat(machine.processesOf(uid)).isEmpty();
        assertThat(machine.homeExists("kai")).isFalse();
        assertThat(machine.uidOf("kai")).hasValue(4242);
        machine.exec("sh", "-c", "userdel kai; groupdel kai");
    }

    @Test
    void sessionAtTheLogInIsKilledEvenWhenProcessesDoNotFitOnOneCommandLine() {
        long token = AccountWork.newToken();
        work.create(machine, "gerd", token);
        machine.exec("bash", "-c", "(exec -a 'sshd: gerd [priv]' sleep 1000) >/dev/null 2>&1 </dev/null &");
        Awaitility.await().until(() -> !sessionsOf("gerd").isEmpty());
        fake("grep", "case \"$*\" in *sshd*) read -r parent </proc/$PPID/comm; [ $parent = xargs ] || exit 126 ;; esac;"
                + " exec /usr/bin/grep \"$@\"");

        assertThat(work.remove(machine, "gerd", token)).isEqualTo(AccountResult.done());
        assertThat(sessionsOf("gerd")).isEmpty();
    }

    private static String sessionsOf(String account) {
        return machine.exec("sh", "-c", "/usr/bin/grep -ls '^sshd: " + account + "' /proc/[0-9]*/cmdline").output();
    }

    /** busybox's timeout lives on for a second after its command, and would keep the output of the answer open. */
    @Test
    void timeLimitedCommandsDoNotKeepTheAnswerOpen() {
        fake("timeout", "[ ! -e /proc/$$/fd/3 ] || echo \"$@\" >>/root/held; exec /usr/bin/timeout \"$@\"");
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "zita", token)).isEqualTo(AccountResult.done());
        assertThat(work.remove(machine, "zita", token)).isEqualTo(AccountResult.done());

        assertThat(machine.path("/root/held")).doesNotExist();
    }

    private static void fakeListing(String script) {
        fake("grep", "case \"$*\" in *State:*) " + script + " ;; esac; exec /usr/bin/grep \"$@\"");
    }
}
