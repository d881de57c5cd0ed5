package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** Gone means gone, whatever the borrower, the machine and late or repeated work do. */
class AccountRemovalTest extends EachDriver {

    private static final Duration SHORT = Duration.ofSeconds(18);

    // An x86-64 program: clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM), after
    // which the first thread does exit(0), of itself alone, and the second pause() for ever.
    private static final String HEADLESS = "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAAB"
            + "AAAAAAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAApAAAAAAAAACkAAAAAAAAAAAQAAAAAAAAuDgAAAC/AA8FAEiNtCQA8P//"
            + "MdIPBYXAdAm4PAAAADH/DwW4IgAAAA8F6/c=";

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @AfterEach
    void removeFakes() {
        machine.endFakes();
    }

    @ParameterizedTest
    @ValueSource(strings = {
            // a hundred processes
            "i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done",
            // loops that use the processor up
            "for i in 1 2 3 4; do sh -c 'while :; do :; done' & done",
            // daemons that have left their session and ignore what can be ignored
            "for i in 1 2 3; do setsid sh -c 'trap \"\" HUP TERM INT; (while :; do sleep 1; done) & :' & done",
            // stopped ones
            "sleep 1000 & kill -STOP $!",
            // one that tries to look like root's
            "sh -c 'printf \"a\\377\\nUid:\\t0\" >/proc/$$/comm; while :; do sleep 1; done' &",
            // a fork bomb, within a limit
            "ulimit -u 100; b() { b | b & }; b" })
    void processesAreEnded(String command) {
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
    void aProcessWhoseFirstThreadHasEndedIsEndedThoughItLooksDead() {
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
    void filesAndJobsAreRemoved() {
        long token = AccountWork.newToken();
        work.create(machine, "bert", token);
        int uid = machine.uidOf("bert").orElseThrow();
        var made = login(machine, "bert").run("""
                set -e
                echo '* * * * * touch /tmp/from-cron' | crontab -
                echo 'touch /tmp/from-at' | at now + 1 minute 2>/dev/null
                mkdir -p /tmp/b/c && touch /tmp/b/c/d /var/tmp/e /dev/shm/f
                ipcmk -M 100 -S 1 -Q >/dev/null
                ln -s /etc ~/link; ln -s /etc/passwd ~/file; mkdir -p ~/'a b
                c'/-rf; chmod 000 ~/'a b
                c'
                echo made""");
        assertThat(made.output()).endsWith("made\n");

        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertGone("bert");
        assertThat(machine.exec("find", "/tmp", "/var/tmp", "/dev/shm", "/var/spool", "/home", "/var/mail", "-uid",
                Integer.toString(uid)).output()).isEmpty();
        assertThat(machine.exec("ls", "/var/spool/cron/crontabs").output()).isEmpty();
        assertThat(machine.exec("sh", "-c", "cat /proc/sysvipc/*").output()).doesNotContain(Integer.toString(uid));
        assertThat(machine.exec("cat", "/etc/passwd").output()).contains("root:x:0:0");
    }

    @Test
    void homeTooDeepForItsNamesIsRemoved() {
        long token = AccountWork.newToken();
        work.create(machine, "cora", token);
        String name = "x".repeat(100);
        login(machine, "cora")
                .run("mkdir %1$s; i=0; while [ $i -lt 300 ]; do mkdir n; mv %1$s n; mv n %1$s; i=$((i+1)); done"
                        .formatted(name));

        assertThat(work.remove(machine, "cora", token)).isEqualTo(AccountResult.done());
        assertGone("cora");
    }

    @Test
    void accountWithAChangedCommentFieldIsStillOurs() {
        long token = AccountWork.newToken();
        work.create(machine, "dora", token);
        machine.exec("usermod", "-c", "Dora", "dora");

        assertThat(work.create(machine, "dora", token).isDone()).isTrue();
        assertThat(work.remove(machine, "dora", token)).isEqualTo(AccountResult.done());
        assertGone("dora");
    }

    @Test
    void accountWhoseRecordIsLostIsStillOurs() {
        long token = AccountWork.newToken();
        work.create(machine, "ella", token);
        machine.exec("rm", "-r", "/var/lib/machine-manager");

        assertThat(work.remove(machine, "ella", token)).isEqualTo(AccountResult.done());
        assertGone("ella");
    }

    @Test
    void removalThatDiedHalfWayIsFinished() {
        long token = AccountWork.newToken();
        work.create(machine, "fred", token);
        // As userdel leaves it when it is killed between two files.
        machine.exec("sed", "-i", "/^fred:/d", "/etc/passwd");

        assertThat(work.remove(machine, "fred", token)).isEqualTo(AccountResult.done());
        assertGone("fred");
        assertThat(machine.exec("cat", "/etc/shadow", "/etc/group", "/etc/gshadow").output()).doesNotContain("fred");
    }

    @Test
    void removalThatDoesNotSucceedSaysWhatIsLeft() {
        long token = AccountWork.newToken();
        work.create(machine, "gina", token);
        fake("userdel", "echo 'cannot lock /etc/passwd' >&2; exit 1");
        AccountResult result = work.remove(machine, "gina", token);
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).startsWith("The account could not be removed: its entry in the account list")
                .contains("its password").doesNotContain("/home/gina");
        assertThat(login(machine, "gina").isRefused()).isTrue();

        removeFakes();
        assertThat(work.remove(machine, "gina", token)).isEqualTo(AccountResult.done());
        assertGone("gina");
    }

    @Test
    void whereProcessesCannotBeListedNobodyIsLetInAndNothingIsHeldToBeGone() {
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
    void aListOfProcessesThatBreaksOffHalfWayIsNotBelieved() {
        long token = AccountWork.newToken();
        work.create(machine, "olga", token);
        fakeListing("/usr/bin/grep \"$@\" | sed '$d'; exit");

        assertThat(work.remove(machine, "olga", token).reason()).contains("processes, which cannot be listed");

        removeFakes();
        assertThat(work.remove(machine, "olga", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @ValueSource(ints = {126, 2 })
    void processesThatDoNotFitOnOneCommandLineAreEnded(int status) {
        long token = AccountWork.newToken();
        work.create(machine, "vera", token);
        int uid = machine.uidOf("vera").orElseThrow();
        login(machine, "vera").run("sleep 1000 >/dev/null 2>&1 </dev/null &");
        Awaitility.await().until(() -> !machine.processesOf(uid).isEmpty());
        // as shells say that the arguments are too many
        fakeListing("read -r parent </proc/$PPID/comm; [ $parent = xargs ] || exit " + status);

        assertThat(work.remove(machine, "vera", token)).isEqualTo(AccountResult.done());
        assertThat(machine.processesOf(uid)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 1", "/usr/bin/find \"$@\" | sed '$d'; exit" })
    void whereFilesCannotBeListedNobodyIsLetInAndNothingIsHeldToBeGone(String script) {
        long token = AccountWork.newToken();
        work.create(machine, "walt", token);
        fake("find", script);

        assertThat(work.remove(machine, "walt", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: files, which cannot be listed."));
        assertThat(work.create(machine, "xena", AccountWork.newToken())).isEqualTo(
                new AccountResult(Outcome.FAILED, "The files on the machine cannot be listed."));
        assertGone("xena");

        removeFakes();
        assertThat(work.remove(machine, "walt", token)).isEqualTo(AccountResult.done());
        assertGone("walt");
    }

    @Test
    void aJobThatCannotBeRemovedKeepsTheAccountFromBeingGone() {
        long token = AccountWork.newToken();
        work.create(machine, "abel", token);
        machine.exec("sh", "-c", "touch /var/spool/cron/left; chown abel /var/spool/cron/left");
        fake("find", "case \"$*\" in *-delete) exit 1 ;; esac; exec /usr/bin/find \"$@\"");

        assertThat(work.remove(machine, "abel", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: files in /var/spool/cron."));
        assertThat(machine.passwdHas("abel")).isFalse();
        assertThat(work.found(machine)).as("so that it is not forgotten").containsEntry("abel", token);

        removeFakes();
        assertThat(work.remove(machine, "abel", token)).isEqualTo(AccountResult.done());
        assertThat(work.found(machine)).doesNotContainKey("abel");
        assertThat(machine.path("/var/spool/cron/left")).doesNotExist();
    }

    @Test
    void anAccountThatSomebodyElseHasMadeSinceIsNotFound() {
        long token = AccountWork.newToken();
        work.create(machine, "emil", token);
        fake("find", "case \"$*\" in *-delete) exit 1 ;; esac; exec /usr/bin/find \"$@\"");
        login(machine, "emil").run("touch /tmp/left");
        assertThat(work.remove(machine, "emil", token).isDone()).isFalse();
        machine.exec("useradd", "emil");

        assertThat(work.found(machine)).doesNotContainKey("emil");
        assertThat(work.remove(machine, "emil", token).isDone()).isTrue();
        assertThat(machine.passwdHas("emil")).isTrue();

        machine.exec("sh", "-c", "userdel emil; rm -f /tmp/left");
        assertThat(work.found(machine)).as("what is left of that one is not ours").doesNotContainKey("emil");
    }

    @Test
    void whoHasGotTheNumberOfAnAccountThatIsHalfRemovedLosesNothing() {
        long token = AccountWork.newToken();
        work.create(machine, "hugo", token);
        int uid = machine.uidOf("hugo").orElseThrow();
        machine.exec("sh", "-c", "sed -i /^hugo:/d /etc/passwd; useradd -N -M -u " + uid + " otto");
        machine.exec("sh", "-c", "touch /tmp/of-otto; chown otto /tmp/of-otto");

        assertThat(work.remove(machine, "hugo", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: its number %d is that of another account too.".formatted(uid)));
        assertThat(machine.path("/tmp/of-otto")).exists();

        machine.exec("sh", "-c", "userdel otto; rm /tmp/of-otto");
        assertThat(work.remove(machine, "hugo", token)).isEqualTo(AccountResult.done());
        assertGone("hugo");
    }

    @Test
    void processesAreEndedAlsoWhenAnotherAccountHasGotTheNameSince() {
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
    void aSessionAtTheLogInIsEndedAlsoWhereTheProcessesDoNotFitOnOneCommandLine() {
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

    @Test
    void moreAccountsThanAShortAnswerHoldsAreFoundWithTheirWholeTokens() {
        long token = AccountWork.newToken();
        machine.exec("sh", "-c", "i=10; while [ $i -lt 60 ]; do printf '%s\\n20100\\nready\\n' " + token
                + " >/var/lib/machine-manager/accounts/many$i; i=$((i+1)); done");

        assertThat(work.found(machine)).hasSize(50).containsEntry("many10", token).containsEntry("many59", token);

        machine.exec("sh", "-c", "rm /var/lib/machine-manager/accounts/many*");
    }

    @Test
    void sharedMemoryThatCannotBeRemovedKeepsTheAccountFromBeingGone() {
        long token = AccountWork.newToken();
        work.create(machine, "dina", token);
        login(machine, "dina").run("ipcmk -M 100");
        fake("ipcrm", "exit 1");

        assertThat(work.remove(machine, "dina", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: shared memory or queues."));

        removeFakes();
        assertThat(work.remove(machine, "dina", token)).isEqualTo(AccountResult.done());
    }

    @Test
    void anAccountListThatCannotBeWrittenAtFirstIsWrittenOnceThereIsRoom() {
        long token = AccountWork.newToken();
        work.create(machine, "cleo", token);
        fake("userdel",
                "[ ! -e /root/room ] || exec /usr/sbin/userdel \"$@\"; [ \"$1\" != -f ] || touch /root/room; exit 1");

        assertThat(work.remove(machine, "cleo", token)).isEqualTo(AccountResult.done());
        assertGone("cleo");
        machine.exec("rm", "/root/room");
    }

    @Test
    void anAccountListThatCannotBeReadIsNotTakenForAnEmptyOne() {
        long token = AccountWork.newToken();
        work.create(machine, "yves", token);
        fake("grep", "case \"$*\" in */etc/passwd*) kill -KILL $$ ;; esac; exec /usr/bin/grep \"$@\"");

        assertThat(work.remove(machine, "yves", token)).isEqualTo(
                new AccountResult(Outcome.FAILED, "The account list on the machine cannot be read."));

        removeFakes();
        assertThat(work.remove(machine, "yves", token)).isEqualTo(AccountResult.done());
        assertGone("yves");
    }

    /** The timeout of busybox lives on for a second, and as long as it does an answer that it holds has no end. */
    @Test
    void nothingThatMayLiveOnHoldsTheAnswer() {
        fake("timeout", "[ ! -e /proc/$$/fd/3 ] || echo \"$@\" >>/root/held; exec /usr/bin/timeout \"$@\"");
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "zita", token)).isEqualTo(AccountResult.done());
        assertThat(work.remove(machine, "zita", token)).isEqualTo(AccountResult.done());

        assertThat(machine.path("/root/held")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "echo 'adam ALL=(ALL) ALL' >/etc/sudoers.d/other",
            "printf 'x\\0\\n\tadam, eve ALL=(ALL) ALL\\n' >/etc/sudoers.d/other" })
    void aSudoRuleThatIsNotTheAccountsOwnFileKeepsItsNameFromBeingGone(String rule) {
        long token = AccountWork.newToken();
        work.create(machine, "adam", token);
        machine.exec("sh", "-c", rule);

        assertThat(work.remove(machine, "adam", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: a sudo rule for its name."));

        machine.exec("rm", "/etc/sudoers.d/other");
        assertThat(work.remove(machine, "adam", token)).isEqualTo(AccountResult.done());
    }

    @Test
    void anAccountWhosePasswordIsNotTheOneAskedForIsNotReady() {
        // of an account that is to have a key alone, so that any other would do for a pattern
        fake("chpasswd", "sed 's/:.*/:x/' | /usr/sbin/chpasswd -e");
        var login = new AccountLogin(AccountPassword.NONE, "ssh-ed25519 AAAA", false);
        var task = new AccountTask(machine.target(), Action.CREATE, "bela", AccountWork.newToken(), login);

        assertThat(work.result(task)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account is not as it should be after it was made."));
        assertGone("bela");
    }

    @Test
    void whatIsMountedWhereEverybodyMayWriteIsNotLookedInto() {
        long token = AccountWork.newToken();
        work.create(machine, "carl", token);
        machine.exec("sh", "-c",
                "mkdir /tmp/other; mount -t tmpfs tmpfs /tmp/other; touch /tmp/other/file /var/tmp/file;"
                        + " ln -s /tmp/other /var/tmp/link; chown -h carl /tmp/other/file /var/tmp/*");

        assertThat(work.remove(machine, "carl", token)).isEqualTo(AccountResult.done());
        assertThat(machine.path("/tmp/other/file")).exists();
        assertThat(machine.exec("ls", "-A", "/var/tmp").output()).isEmpty();
        machine.exec("sh", "-c", "umount /tmp/other; rmdir /tmp/other");
    }

    @Test
    void whatIsMountedInTheHomeGoesWhateverItsPlaceIsCalled() {
        long token = AccountWork.newToken();
        work.create(machine, "paul", token);
        machine.exec("sh", "-c", """
                for name in plain 'with space' 'back\\slash' 'line
                end
                '; do
                    mkdir "/home/paul/$name" && mount -t tmpfs tmpfs "/home/paul/$name" || exit 1
                done""");
        assertThat(mounts()).filteredOn(line -> line.contains("/home/paul/")).hasSize(4)
                .anyMatch(line -> line.contains("end\\012 "));

        assertThat(work.remove(machine, "paul", token)).isEqualTo(AccountResult.done());
        assertGone("paul");
        assertThat(mounts()).noneMatch(line -> line.contains("/home/paul/"));
    }

    private static List<String> mounts() {
        return machine.exec("cat", "/proc/mounts").output().lines().toList();
    }

    @Test
    void withoutAFreeNumberNoAccountIsMade() {
        machine.exec("sh", "-c", "useradd -u 61001 rita; useradd -u 61003 sven");
        try (var narrow = AccountWork.by(driver, TestSettings.in(workDir).withUids(61001, 61003))) {
            long token = AccountWork.newToken();
            assertThat(narrow.create(machine, "tina", token)).isEqualTo(AccountResult.done());
            assertThat(machine.uidOf("tina")).hasValue(61002);

            assertThat(narrow.create(machine, "udo", AccountWork.newToken())).isEqualTo(new AccountResult(
                    Outcome.FAILED, "No number for the account is free, or none can be noted, on the machine."));
            assertGone("udo");
            assertThat(narrow.remove(machine, "tina", token)).isEqualTo(AccountResult.done());
        } finally {
            machine.exec("sh", "-c", "userdel rita; userdel sven");
        }
    }

    @Test
    void creationThatFailsHalfWayLeavesNothing() {
        fake("chpasswd", "echo 'no way' >&2; exit 1");

        assertThat(work.create(machine, "hans", AccountWork.newToken()))
                .isEqualTo(new AccountResult(Outcome.FAILED, "The password could not be set: no way."));
        assertGone("hans");
    }

    @Test
    void hungCreationIsEndedAndLeavesNothing() {
        try (var impatient = AccountWork.by(driver, TestSettings.in(workDir).withRunTimeout(SHORT))) {
            fake("useradd", "/usr/sbin/useradd \"$@\"; sleep 1000 & sleep 1000");
            long token = AccountWork.newToken();
            assertThat(impatient.create(machine, "ines", token).reason())
                    .contains("could not be added: it did not end within 6 s");
            assertThat(work.remove(machine, "ines", token)).isEqualTo(AccountResult.done());
            assertGone("ines");
        }
    }

    @Test
    void workThatHangsBeyondItsRunIsEndedByTheNext() {
        try (var impatient = AccountWork.by(driver, TestSettings.in(workDir).withRunTimeout(SHORT))) {
            // A machine whose timeout command does not work has only the deadline of the run.
            fake("timeout", "exit 1");
            fake("useradd", "/usr/sbin/useradd \"$@\"; sleep 1000");
            long token = AccountWork.newToken();
            assertThat(impatient.create(machine, "jule", token))
                    .isEqualTo(new AccountResult(Outcome.FAILED, "The machine does not answer in time."));
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> work.remove(machine, "jule", token).isDone());
            assertGone("jule");
        }
    }

    @Test
    void creationAndRemovalAtOnceLeaveNothing() {
        try (var other = AccountWork.by(driver, TestSettings.in(workDir))) {
            for (int i = 0; i < 3; i++) {
                long token = AccountWork.newToken();
                List<CompletableFuture<AccountResult>> both = new ArrayList<>();
                both.add(work.start(AccountWork.creation(machine.target(), "kurt", token)));
                both.add(other.start(AccountWork.removal(machine.target(), "kurt", token)));
                both.forEach(AccountWork::resultOf);
                assertThat(AccountWork.resultOf(both.getLast())).isEqualTo(AccountResult.done());
                assertGone("kurt");
            }
        }
    }

    @Test
    void numbersAreNotSoonUsedAgain() {
        long first = AccountWork.newToken();
        work.create(machine, "lara", first);
        int uid = machine.uidOf("lara").orElseThrow();
        work.remove(machine, "lara", first);
        long second = AccountWork.newToken();
        work.create(machine, "lara", second);

        assertThat(machine.uidOf("lara").orElseThrow()).isGreaterThan(uid).isBetween(20000, 59999);
        work.remove(machine, "lara", second);
    }

    private static void fakeListing(String script) {
        fake("grep", "case \"$*\" in *State:*) " + script + " ;; esac; exec /usr/bin/grep \"$@\"");
    }

    private static void fake(String command, String script) {
        machine.fake(command, script);
    }

    private static void assertGone(String account) {
        assertThat(machine.passwdHas(account)).isFalse();
        assertThat(machine.homeExists(account)).isFalse();
        assertThat(Stream.of("shadow", "group", "gshadow", "subuid").map(name -> machine.path("/etc/" + name))
                .filter(Files::exists).flatMap(file -> machine.lines("/etc/" + file.getFileName()).stream()))
                .noneMatch(line -> line.startsWith(account + ":"));
        assertThat(login(machine, account).isRefused()).isTrue();
    }
}
