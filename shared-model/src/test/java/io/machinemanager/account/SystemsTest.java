package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.CommandResult;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** Creates, uses and removes an account on each system documented as tested, with each driver; without deep tests on two. */
@Tag("machines")
@ParameterizedClass(name = "{0} by {1}")
@MethodSource("systems")
class SystemsTest {

    @TempDir
    static Path workDir;
    private static UserKey key;
    private static Lab lab;
    private static LabMachine machine;
    private static AccountWork work;
    /** Why there is no machine with this system; null if there is one. */
    private static String missing;

    @Parameter(0)
    Flavour flavour;
    @Parameter(1)
    Driver driver;

    static Stream<Arguments> systems() {
        if (!Deep.isIncluded()) {
            return Stream.of(Arguments.of(Flavour.DEBIAN, Driver.ANSIBLE), Arguments.of(Flavour.DEBIAN, Driver.SSH),
                    Arguments.of(Flavour.BUSYBOX, Driver.SSH));
        }
        return Stream.of(Flavour.values())
                .flatMap(flavour -> Stream.of(Driver.values()).map(driver -> Arguments.of(flavour, driver)));
    }

    @BeforeAll
    static void makeKey() throws IOException {
        key = UserKey.generate(workDir);
    }

    @BeforeParameterizedClassInvocation
    static void start(Flavour flavour, Driver driver) {
        missing = null;
        try {
            Lab.build(flavour);
        } catch (IllegalStateException e) {
            missing = "This system is not available here: " + e.getMessage();
            return;
        }
        lab = Lab.start(1, flavour);
        machine = lab.machine(0);
        work = AccountWork.by(driver, TestSettings.in(workDir.resolve("runs")));
    }

    // Before each test, because reports do not list a class that is skipped as a whole.
    @BeforeEach
    void skipMissingSystem() {
        assumeTrue(missing == null, missing);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (lab != null) {
            work.close();
            lab.close();
            lab = null;
        }
    }

    @ParameterizedTest
    @CsvSource({"touch, false", "rm -f, true" })
    void accountIsCreatedUsedFoundAndRemovedCompletely(String subordinateIds, boolean sudo) {
        machine.exec("sh", "-c", subordinateIds + " /etc/subuid /etc/subgid");
        String account = sudo ? "amy" : "alice";
        long token = AccountWork.newToken();

        assertThat(create(account, token, new AccountLogin(AccountWork.HASH, null, sudo)))
                .isEqualTo(AccountResult.done());
        int uid = machine.uidOf(account).orElseThrow();
        assertThat(machine.exec("sh", "-c", "cat /etc/subuid /etc/subgid").output()).doesNotContain(account);
        assertThat(work.result(AccountTask.probe(machine.target())).withFacts(Map.of()))
                .isEqualTo(AccountResult.found(Map.of(account, token)));
        assertThat(login(machine, account).run("id -un; echo open sesame | sudo -S id -un").output())
                .isEqualTo(sudo ? account + "\nroot\n" : account + "\n");
        login(machine, account).run("""
                for f in ~/f /tmp/f /var/tmp/f /dev/shm/f; do echo left > $f; done; mkdir -p ~/a/b /tmp/a/b
                (setsid sleep 1000 >/dev/null 2>&1 </dev/null &)
                echo true | at now + 1 hour""");
        // Only root may run busybox's crontab here.
        machine.exec("sh", "-c", "echo '* * * * * true' | crontab -u " + account + " -");
        assertThat(machine.processesOf(uid)).isNotEmpty();
        assertThat(machine.exec("ls", "/var/spool/cron/crontabs").output()).contains(account);

        assertThat(work.remove(machine, account, token)).isEqualTo(AccountResult.done());
        assertNothingIsLeftOf(account, uid);
        assertThat(login(machine, account).isRefused()).isTrue();
        assertThat(work.found(machine)).isEmpty();
    }

    @Test
    void aProbeFindsWhatTheMachineIs() {
        Map<String, String> facts = work.result(AccountTask.probe(machine.target())).facts();

        assertThat(facts).containsEntry("kernel", machine.exec("uname", "-r").output().strip())
                .containsEntry("arch", machine.exec("uname", "-m").output().strip())
                .containsEntry("cores", machine.exec("nproc").output().strip())
                .containsEntry("os", machine.exec("sh", "-c", ". /etc/os-release; echo $ID").output().strip())
                .containsKeys("memory", "disk", "disk_free", "load");
        assertThat(Set.of("kernel", "arch", "cores", "os", "os_version", "memory", "disk", "disk_free", "load"))
                .containsAll(facts.keySet());
        assertThat(Long.parseLong(facts.get("memory"))).isPositive();
        assertThat(Long.parseLong(facts.get("disk"))).isGreaterThan(Long.parseLong(facts.get("disk_free")));
        assertThat(Double.parseDouble(facts.get("load"))).isNotNegative();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ID='a b'", "ID=\"}x\"", "ID=$(touch /ran)", "NAME=x", "" })
    void aProbeLeavesOutASystemWhoseNameIsOfNoUse(String text) {
        machine.exec("sh", "-c", "cp /etc/os-release /tmp/os-release; printf '%s\\n' \"$1\" >/etc/os-release", "sh",
                text);

        AccountResult probed = work.result(AccountTask.probe(machine.target()));

        machine.exec("sh", "-c", "cat /tmp/os-release >/etc/os-release; rm /tmp/os-release");
        assertThat(probed.isDone()).isTrue();
        assertThat(probed.facts()).doesNotContainKey("os").containsKey("kernel");
        assertThat(machine.exec("ls", "/").output()).doesNotContain("ran");
    }

    private static void assertNothingIsLeftOf(String account, int uid) {
        for (String list : new String[]{"passwd", "shadow", "group", "gshadow" }) {
            assertThat(machine.exec("grep", "^" + account + ":", "/etc/" + list).output()).isEmpty();
        }
        assertThat(machine.processesOf(uid)).isEmpty();
        assertThat(machine.exec("find", "/", "-xdev", "-user", Integer.toString(uid)).output()).isEmpty();
        assertThat(machine.exec("find", "/home", "/tmp", "/var/tmp", "/dev/shm", "/var/spool/cron", "/run", "-user",
                Integer.toString(uid)).output()).isEmpty();
        assertThat(machine.homeExists(account)).isFalse();
        assertThat(machine.exec("sh", "-c", "ls /etc/sudoers.d /var/spool/cron/crontabs").output())
                .doesNotContain(account);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true })
    void keyLetsTheUserInWithSudoOrWithout(boolean sudo) throws IOException {
        long token = AccountWork.newToken();

        assertThat(create("bert", token, new AccountLogin(AccountPassword.NONE, key.publicKey(), sudo)))
                .isEqualTo(AccountResult.done());
        int uid = machine.uidOf("bert").orElseThrow();
        assertThat(key.run(machine, "bert", "id -un; sudo -n id -un")).isEqualTo(sudo ? "bert\nroot\n" : "bert\n");
        assertThat(login(machine, "bert").isRefused()).isTrue();

        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertNothingIsLeftOf("bert", uid);
        assertThat(key.run(machine, "bert", "id -un")).isEmpty();
    }

    @Test
    void adduserOfPerlIsNotTakenForThatOfBusybox() {
        assumeTrue(machine.exec("grep", "-q", "^#!.*perl", "/usr/sbin/adduser").succeeded(),
                "there is no adduser in Perl on this system");
        CommandResult moved = machine.exec("mv", "/usr/sbin/useradd", "/usr/sbin/useradd.away");
        assertThat(moved).matches(CommandResult::succeeded);
        AccountResult result = work.create(machine, "cora", AccountWork.newToken());
        machine.exec("mv", "/usr/sbin/useradd.away", "/usr/sbin/useradd");

        assertThat(result.outcome()).isIn(Outcome.FAILED, Outcome.UNUSABLE);
        assertThat(result.reason()).contains("useradd");
        assertThat(machine.passwdHas("cora")).isFalse();
        assertThat(machine.homeExists("cora")).isFalse();
    }

    private static AccountResult create(String account, long token, AccountLogin login) {
        return work.result(new AccountTask(machine.target(), Action.CREATE, account, token, login));
    }
}
