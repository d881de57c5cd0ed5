package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.ssh.SshConfigText;
import io.machinemanager.ssh.SshConfigText.Entry;
import io.machinemanager.testing.CommandResult;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** A log-in with the text for the configuration of ssh asks nothing and trusts nothing blindly. */
class SshConfigLogInTest extends EachDriver {

    private static final String OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @Test
    void logInAsksNothingAndAcceptsOnlyTheRecordedHostKeys() throws IOException {
        UserKey key = UserKey.generate(workDir);
        long token = AccountWork.newToken();
        var login = new AccountLogin(AccountPassword.NONE, key.publicKey(), false);
        assertThat(work.result(new AccountTask(machine.target(), Action.CREATE, "alice", token, login)))
                .isEqualTo(AccountResult.done());

        CommandResult accepted = ssh(key, machine.hostKeys());
        assertThat(accepted.output()).isEqualTo("alice\n");
        assertThat(accepted.errors()).isEmpty();

        CommandResult changed = ssh(key, OTHER_KEY);
        assertThat(changed.succeeded()).isFalse();
        assertThat(changed.output()).isEmpty();
        assertThat(changed.errors()).contains("Host key verification failed");

        CommandResult unknown = ssh(key, "");
        assertThat(unknown.succeeded()).isFalse();
        assertThat(unknown.errors()).contains("No ED25519 host key is known for " + machine.name());
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
    }

    private static CommandResult ssh(UserKey key, String hostKeys) throws IOException {
        var entries = List.of(new Entry(machine.name(), machine.host(), machine.port(), "alice", hostKeys));
        Path hosts = Files.writeString(workDir.resolve("known hosts"), SshConfigText.knownHosts(entries));
        Path config = Files.writeString(workDir.resolve("config"), SshConfigText.config(entries, hosts.toString()));
        // Without a terminal and with an input that is empty, a question would end the log-in.
        var result = CommandResult.of(new ProcessBuilder("setsid", "ssh", "-F", config.toString(), "-i",
                key.file().toString(), "-o", "IdentitiesOnly=yes", "-o", "PasswordAuthentication=no", machine.name(),
                "id -un"), Duration.ofMinutes(1));
        assertThat(Files.readString(hosts)).isEqualTo(SshConfigText.knownHosts(entries));
        return result;
    }
}
