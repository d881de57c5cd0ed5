package io.machinemanager.account.ssh;

import static io.machinemanager.account.AccountWork.assertUnreachable;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountWork;
import io.machinemanager.account.Target;
import io.machinemanager.account.TestSettings;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** Log-ins to machines with a private key, by each driver. */
@Tag("machines")
class PrivateKeyLoginTest {

    private static Lab lab;
    private static LabMachine machine;

    @TempDir
    Path workDir;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @AfterAll
    static void stop() {
        lab.close();
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void keysAreUsedInPlaceOfPasswordsAndBesideThemForSudo(Driver kind) {
        String key = newKeyOf(machine, "root");
        String opsKey = newKeyOf(machine, "ops");
        AccountWork work = AccountWork.by(kind, TestSettings.in(workDir));
        machine.exec("sh", "-c", "echo 'ops:for sudo' | chpasswd; echo 'ops ALL=(ALL) ALL' > /etc/sudoers.d/ops");
        List<AccountResult> results = work.driver().submit(List.of(
                probe("key", "root", new SshCredentials(null, key)),
                probe("key-and-password", "ops", new SshCredentials("for sudo", opsKey)),
                probe("key-without-password", "ops", new SshCredentials(null, opsKey)),
                probe("key-and-wrong-password", "ops", new SshCredentials("wrong", opsKey)),
                probe("wrong-key", "root", new SshCredentials(null, opsKey))))
                .stream().map(AccountWork::resultOf).toList();

        assertThat(results).satisfiesExactly(result -> assertThat(result.isDone()).isTrue(),
                result -> assertThat(result.isDone()).isTrue(),
                result -> assertUnreachable(result, "sudo does not accept"),
                result -> assertUnreachable(result, "sudo does not accept"),
                result -> assertUnreachable(result, "the key is wrong"));
        work.close();
        assertThat(workDir).as("no key is left in a file").isEmptyDirectory();
    }

    private static AccountTask probe(String name, String user, SshCredentials credentials) {
        return AccountTask.probe(
                new Target(name, machine.host(), machine.port(), user, credentials, machine.hostKeys()));
    }

    /** Makes a user, unless it exists, and a key pair for it. Returns the private key. */
    private static String newKeyOf(LabMachine machine, String user) {
        return machine.exec("sh", "-c",
                """
                        id $1 >/dev/null 2>&1 || useradd -m $1
                        home=$(getent passwd $1 | cut -d: -f6); mkdir -p -m 700 $home/.ssh
                        rm -f /run/key-$1; ssh-keygen -q -t ed25519 -N '' -f /run/key-$1; cat /run/key-$1.pub > $home/.ssh/authorized_keys
                        chown -R $1: $home/.ssh; cat /run/key-$1""",
                "sh", user).output();
    }
}
