package io.machinemanager.playbook;

import static io.machinemanager.playbook.TestPlaybooks.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.machinemanager.account.Target;
import io.machinemanager.playbook.PlaybookResult.Outcome;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.CommandResult;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** Playbooks on a machine. */
@Tag("machines")
class PlaybookMachineTest {

    private static final String OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    private static Lab lab;
    private static LabMachine machine;

    @TempDir
    Path folder;

    private TestPlaybooks playbooks;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @AfterAll
    static void stop() {
        lab.close();
    }

    @BeforeEach
    void newFolder() {
        playbooks = new TestPlaybooks(folder);
    }

    private Path touching(String file) throws IOException {
        return playbooks.playbook("- {name: Touch, raw: 'touch %s'}\n".formatted(file));
    }

    @Test
    void aPlaybookLogsInByPassword() throws IOException {
        assertThat(playbooks.result(touching("/tmp/one"), input(machine.target()))).isEqualTo(PlaybookResult.done());
        assertThat(machine.path("/tmp/one")).exists();
        assertThat(machine.exec("pgrep", "-f", "sshd.*root@").output()).as("connections that are left").isEmpty();
    }

    @Test
    @Tag("deep")
    void aPlaybookLogsInByKeyAlsoFromAFolderThatNeedsQuotes() throws IOException {
        CommandResult.of(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                folder.resolve("key").toString()), Duration.ofMinutes(1));
        machine.exec("sh", "-c", "mkdir -p /root/.ssh; echo \"$1\" > /root/.ssh/authorized_keys", "sh",
                Files.readString(folder.resolve("key.pub")));
        var target = new Target("m1", machine.host(), machine.port(), "root",
                new SshCredentials(null, Files.readString(folder.resolve("key"))), machine.hostKeys());
        playbooks = new TestPlaybooks(Files.createDirectory(folder.resolve("it's a %h \"folder\"")));

        assertThat(playbooks.result(touching("/tmp/two"), input(target)).outcome()).isEqualTo(Outcome.FAILED);
        playbooks = new TestPlaybooks(Files.createDirectory(folder.resolve("it's a %h folder")));
        assertThat(playbooks.result(touching("/tmp/two"), input(target))).isEqualTo(PlaybookResult.done());
        assertThat(machine.path("/tmp/two")).exists();
    }

    @Test
    @Tag("deep")
    void aPlaybookBecomesRootWithThePasswordOfTheUser() throws IOException {
        try (var other = Lab.start(1, Lab.Flavour.BUSYBOX, "--ssh-user", "admin")) {
            Path playbook = playbooks.playbook("- {raw: 'touch /root/three', become: true}\n");

            assertThat(playbooks.result(playbook, input(other.machine(0).target()))).isEqualTo(PlaybookResult.done());
            assertThat(other.machine(0).exec("ls", "/root/three").succeeded()).isTrue();
        }
    }

    @Test
    void aMachineWithAnotherHostKeyIsNotReachedAndGetsNoPassword() throws IOException {
        PlaybookResult result = playbooks.result(touching("/tmp/four"),
                input(machine.target().withHostKeys(OTHER_KEY)));

        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason())
                .isEqualTo("The task \"Touch\" did not reach the machine: Host key verification failed.");
        assertThat(machine.path("/tmp/four")).doesNotExist();
    }

    @Test
    void theShippedPlaybookEmptiesFoldersAndWaitsForTheReboot() throws IOException {
        try (var other = Lab.start(1)) {
            LabMachine rebooted = other.machine(0);
            // a lab machine cannot reboot by itself
            rebooted.fake("reboot", "kill -KILL -1");
            rebooted.exec("sh", "-c",
                    "echo first > /etc/start; mkdir -p /tmp/left/.x '/srv/it s'; touch '/srv/it s/file'");
            Path playbook = Files.copy(Lab.root().resolve("provision/reset-reboot.yml"),
                    playbooks.playbook("").resolveSibling("reboot.yml"));
            Files.createDirectories(folder.resolve("own/group_vars"));
            Files.writeString(folder.resolve("own/group_vars/all.yml"),
                    "wipe_folders: [/tmp, '/srv/it s']\nboot_id: /etc/start\n");
            PlaybookRunner runner = playbooks.runner(playbook);

            PlaybookRun run = runner.start(Playbook.RESET, input(rebooted.target()), TestPlaybooks.LONG);
            await().until(() -> !new SshLogin(rebooted, "root", rebooted.password()).run("true").succeeded());
            rebooted.restart();
            rebooted.exec("sh", "-c", "echo second > /etc/start");

            assertThat(TestPlaybooks.result(run)).isEqualTo(PlaybookResult.done());
            assertThat(rebooted.exec("ls", "-A", "/tmp", "/srv/it s").output()).doesNotContain("left", "file");
            runner.close();
        }
    }

    @Test
    @Tag("deep")
    void aPlaybookThatStopsTheMachineFails() throws IOException {
        try (var other = Lab.start(1)) {
            LabMachine victim = other.machine(0);
            Path playbook = playbooks.playbook("""
                    - {name: Stop, raw: 'kill -KILL -1', ignore_unreachable: true, ignore_errors: true}
                    - {name: Ask, raw: 'id'}
                    """);

            PlaybookResult result = playbooks.result(playbook, input(victim.target()));

            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.reason()).startsWith("The task \"Ask\" did not reach the machine: ");
        }
    }
}
