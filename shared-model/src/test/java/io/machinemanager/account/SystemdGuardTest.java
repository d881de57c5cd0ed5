package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.SystemdMachine;

/** The guard on a machine that systemd has booted. */
@Tag("machines")
@Tag("deep")
class SystemdGuardTest {

    private static final String PASSWORD = "open sesame";
    private static final String GUARD = "machine-manager-guard";

    @TempDir
    static Path workDir;

    private static SystemdMachine machine;
    private static AccountWork work;

    @BeforeAll
    static void start() {
        machine = SystemdMachine.boot();
        work = AccountWork.by(AccountConfig.Driver.SSH, TestSettings.in(workDir));
    }

    @AfterAll
    static void stop() {
        work.close();
        machine.close();
    }

    private static long create(String account, long seconds, long grace) {
        long token = AccountWork.newToken();
        assertThat(work.result(new AccountTask(machine.target(), Action.CREATE, account, token,
                new AccountLogin(AccountWork.HASH, null, false), Optional.of(GuardTestBase.end(seconds, grace)))))
                .isEqualTo(AccountResult.done());
        return token;
    }

    private static void remove(String account, long token) {
        assertThat(work.result(AccountWork.removal(machine.target(), account, token))).isEqualTo(AccountResult.done());
        Awaitility.await().until(() -> !guardIsActive());
        assertThat(machine.exec("find /etc/systemd -name '" + GUARD + "*'; ls /var/lib/machine-manager").output())
                .doesNotContain("guard");
    }

    private static boolean guardIsActive() {
        return machine.exec("systemctl is-active " + GUARD).output().equals("active\n");
    }

    private static boolean logsIn(String account) {
        return machine.as(account, PASSWORD, "true").succeeded();
    }

    /** TERM is what programs send that end others before the memory is full. */
    @ParameterizedTest
    @ValueSource(strings = {"KILL", "TERM" })
    void systemdStartsAGuardAgainThatWasKilled(String signal) {
        long token = create("alice", 600, 60);
        assertThat(guardIsActive()).isTrue();
        String killed = machine.exec("systemctl show -P MainPID " + GUARD).output();
        machine.exec("kill -" + signal + " " + killed.strip());

        Awaitility.await().until(() -> guardIsActive()
                && !machine.exec("systemctl show -P MainPID " + GUARD).output().equals(killed));

        assertThat(logsIn("alice")).isTrue();
        remove("alice", token);
    }

    /** As when a user with sudo has removed the folder. It would try each second for ever. */
    @Test
    void systemdDoesNotStartAGuardWhoseFileIsGone() {
        long token = create("dirk", 600, 60);
        machine.exec("rm /var/lib/machine-manager/guard; kill -KILL $(systemctl show -P MainPID " + GUARD + ")");

        Awaitility.await().until(() -> machine.exec("systemctl is-active " + GUARD).output().equals("inactive\n"));
        remove("dirk", token);
    }

    @Test
    void theGuardOutlivesTheSessionThatStartedItEvenIfAllProcessesOfSessionsAreEnded() {
        machine.exec(
                "mkdir -p /etc/systemd/logind.conf.d; printf '[Login]\\nKillUserProcesses=yes\\nKillExcludeUsers=\\n'"
                        + " >/etc/systemd/logind.conf.d/a.conf; systemctl restart systemd-logind");
        long token = create("berta", 2, 1);

        Awaitility.await().until(() -> !logsIn("berta"));

        remove("berta", token);
    }

    @Test
    void theGuardRunsAgainAfterARebootAndEndsAccess() {
        long token = create("carl", 45, 5);
        machine.reboot();

        assertThat(guardIsActive()).isTrue();
        assertThat(logsIn("carl")).isTrue();
        Awaitility.await().until(() -> !logsIn("carl"));
        remove("carl", token);
        assertThat(machine.exec("systemctl show -P LoadState " + GUARD).output()).isEqualTo("not-found\n");
    }
}
