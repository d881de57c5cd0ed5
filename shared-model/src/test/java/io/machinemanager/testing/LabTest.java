package io.machinemanager.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("machines")
class LabTest {

    private static Lab lab;

    @BeforeAll
    static void startLab() {
        lab = Lab.start(3);
    }

    @AfterAll
    static void closeLab() {
        lab.close();
    }

    @Test
    void machinesHaveTheirOwnAccountsNamesAndPasswords() {
        var first = lab.machine(0);
        addAccount(first, "anna");
        assertThat(first.passwdHas("anna")).isTrue();
        assertThat(first.homeExists("anna")).isTrue();
        assertThat(lab.machine(1).passwdHas("anna")).isFalse();
        assertThat(lab.machine(1).homeExists("anna")).isFalse();
        assertThat(login(first, "anna").run("hostname").output()).isEqualToIgnoringNewLines(first.name());
        assertThat(login(lab.machine(1), "anna").isRefused()).isTrue();
        assertThat(first.password()).isNotEqualTo(lab.machine(1).password());
    }

    @Test
    void loginIsCheckedAgainstThePassword() {
        var machine = lab.machine(0);
        assertThat(new SshLogin(machine, machine.user(), machine.password()).works()).isTrue();
        assertThat(new SshLogin(machine, machine.user(), "wrong").attempt()).isEqualTo(SshLogin.Outcome.REFUSED);
        assertThat(new SshLogin(machine, "absent-account", "wrong").attempt()).isEqualTo(SshLogin.Outcome.REFUSED);
    }

    @Test
    void processesOfAnAccountAreSeenAndAreItsOwnMachinesOnly() {
        var machine = lab.machine(1);
        addAccount(machine, "bert");
        int uid = machine.uidOf("bert").orElseThrow();
        try (var session = login(machine, "bert").open()) {
            session.type("sleep 1000");
            Awaitility.await().untilAsserted(
                    () -> assertThat(machine.processesOf(uid)).anyMatch(process -> process.endsWith(" sleep")));
            assertThat(lab.machine(2).processesOf(uid)).isEmpty();
            assertThat(session.isOpen()).isTrue();
            machine.exec("pkill", "-KILL", "-u", "bert");
            assertThat(session.isCutWithin(Duration.ofSeconds(10))).isTrue();
        }
        assertThat(machine.processesOf("bert")).isEmpty();
    }

    @Test
    void machineThatLostItsPowerComesBackWithItsDiskAndHostKeys() {
        var machine = lab.machine(2);
        addAccount(machine, "cora");
        var keys = machine.hostKeys();
        machine.stop();
        assertThat(machine.isRunning()).isFalse();
        assertThat(login(machine, "cora").attempt()).isEqualTo(SshLogin.Outcome.UNREACHABLE);
        machine.start();
        assertThat(machine.hostKeys()).isEqualTo(keys);
        assertThat(login(machine, "cora").works()).isTrue();
        machine.wipe();
        assertThat(machine.hostKeys()).isNotEqualTo(keys);
        assertThat(login(machine, "cora").isRefused()).isTrue();
    }

    @Test
    void closingLeavesNothingRunning() {
        var other = Lab.start(1);
        var machine = other.machine(0);
        var directory = other.directory();
        assertThat(commandsThatName(directory.toString())).isNotEmpty();
        other.close();
        assertThat(commandsThatName(directory.toString())).isEmpty();
        assertThat(directory).doesNotExist();
        assertThatThrownBy(machine::start).hasMessageContaining("there is no lab in");
    }

    @Test
    void busyboxMachinesHaveBusyboxesToolsAndSudo() {
        try (var busybox = Lab.start(1, Lab.Flavour.BUSYBOX, "--ssh-user", "admin")) {
            var machine = busybox.machine(0);
            assertThat(machine.exec("useradd", "dora").succeeded()).isFalse();
            assertThat(machine.exec("adduser", "-D", "-s", "/bin/sh", "dora")).matches(CommandResult::succeeded);
            assertThat(machine.homeExists("dora")).isTrue();
            assertThat(new SshLogin(machine, "root", machine.password()).isRefused()).isTrue();
            var admin = new SshLogin(machine, machine.user(), machine.password());
            assertThat(admin.run("echo " + machine.password() + " | sudo -S id -u").output())
                    .isEqualToIgnoringNewLines("0");
        }
    }

    @Test
    void penaltiesOfSshdAreOnOnlyWhereTheyAreAskedFor() {
        try (var other = Lab.start(1, Lab.Flavour.DEBIAN, "--penalties")) {
            assertThat(other.machine(0).exec("/usr/sbin/sshd", "-T").output())
                    .containsIgnoringCase("persourcepenalties crash:");
        }
        assertThat(lab.machine(0).exec("/usr/sbin/sshd", "-T").output()).containsIgnoringCase("persourcepenalties no");
    }

    @Test
    void machinesEndWithTheProcessTheyBelongTo() throws IOException {
        var directory = Files.createTempDirectory("lab-");
        var owner = new ProcessBuilder("sleep", "1000").start();
        Lab.script(List.of("up", directory.toString(), "1", "--with", Long.toString(owner.pid())));
        assertThat(commandsThatName(directory.toString())).isNotEmpty();
        owner.destroyForcibly();
        Awaitility.await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(directory).doesNotExist());
        assertThat(commandsThatName("__machine " + directory)).isEmpty();
    }

    private static List<String> commandsThatName(String text) {
        return ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream())
                .filter(line -> line.contains(text)).toList();
    }

    private static void addAccount(LabMachine machine, String account) {
        assertThat(machine.exec("useradd", "--create-home", account)).matches(CommandResult::succeeded);
        assertThat(machine.exec("sh", "-c", "echo " + account + ":secret | chpasswd"))
                .matches(CommandResult::succeeded);
    }

    private static SshLogin login(LabMachine machine, String account) {
        return new SshLogin(machine, account, "secret");
    }
}
