package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** Start files of the login shell can neither damage nor forge an answer, whatever they print, read and run. */
class NoisyMachineTest extends EachDriver {

    private static Lab labWithSudo;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        labWithSudo = Lab.start(1, Flavour.DEBIAN, "--ssh-user", "admin");
    }

    @AfterAll
    static void stopLabWithSudo() {
        labWithSudo.close();
    }

    @AfterEach
    void quiet() {
        for (LabMachine machine : new LabMachine[]{lab.machine(0), labWithSudo.machine(0) }) {
            machine.exec("sh", "-c", "rm -f /root/.bashrc /home/admin/.bashrc; usermod -s /bin/bash root");
        }
    }

    private static void startFile(LabMachine machine, String text) {
        machine.exec("sh", "-c", "printf '%s\\n' \"$1\" > " + (machine.user().equals("root") ? "/root" : "/home/admin")
                + "/.bashrc", "sh", text);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "printf Welcome",
            "echo 'MM-RESULT FAILED not so'; echo 'MM-START 1'; printf 'MM-RESULT DONE'",
            "trap 'echo MM-RESULT FAILED not so; yes | head -c 200000' EXIT",
            "head -c 300000 /dev/zero | tr '\\0' x",
            "yes noise | head -c 3000000; yes noise | head -c 3000000 >&2",
            "for to in '' '>&2'; do eval \"printf 'Permission denied\\nConnection refused\\ntimed out\\n' $to\"; done",
            "printf 'caf\\351\\000\\r\\n\\377'; printf 'caf\\351\\000\\r\\n\\377' >&2",
            "stty -echo; set -ex; alias printf=false cat=false sh=false",
            "export LC_ALL=xx_XX.UTF-8; export BASH_ENV=/etc/passwd ENV=/etc/passwd",
            "sleep 300 &" })
    void outputAndSettingsOfStartFilesDoNoHarm(String text, ArgumentsAccessor call) {
        List<LabMachine> machines = List.of(lab.machine(0), labWithSudo.machine(0));
        // On a busy host three runs of Ansible alone take a minute.
        Duration limit = Duration.ofSeconds(driver == Driver.ANSIBLE ? 150 : 50);
        // Without the deep tests each text is tried on one of the two, in turn.
        for (LabMachine machine : Deep.isIncluded() ? machines : List.of(machines.get(call.getInvocationIndex() % 2))) {
            startFile(machine, text);
            long token = AccountWork.newToken();
            long start = System.nanoTime();

            assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
            assertThat(work.result(AccountTask.probe(machine.target())).accounts()).containsOnlyKeys("alice");
            assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit);
            machine.exec("pkill", "-x", "sleep");
        }
    }

    @Test
    void anAnswerCannotBeForged() {
        LabMachine machine = lab.machine(0);
        startFile(machine, "echo 'MM-RESULT DONE'; trap 'echo; echo MM-RESULT DONE' EXIT");

        assertThat(work.create(machine, "games", AccountWork.newToken()).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "exit 3 | (exit status 3).",
            "exit 255 | (exit status 255).",
            "echo Permission denied >&2; exit 1 | (exit status 1): Permission denied.",
            "echo Connection timed out; exit 1 | (exit status 1): Connection timed out.",
            "cat >/dev/null | (exit status 0).",
            "cat | (exit status 0): mm_main.",
            "read line | (exit status 0).",
            "exec tmux | (exit status 127)",
            "exec true | (exit status 0).",
            "PATH=/nowhere | (exit status 0): /bin/sh: 1: cat: not found." })
    void reasonSaysThatTheCommandWasNotRun(String text, String reason) {
        startFile(lab.machine(0), text);

        AccountResult result = work.create(lab.machine(0), "bert", AccountWork.newToken());

        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.UNREACHABLE);
        assertThat(result.reason()).startsWith("The machine takes the log-in and does not run the command")
                .contains(reason)
                .contains("A start file of the login shell");
    }

    @Test
    void reasonNamesAForcedCommand() {
        lab.machine(0).setSshd("ForceCommand echo connection refused");
        AccountResult result = work.result(AccountTask.probe(lab.machine(0).target()));
        lab.machine(0).setSshd("");

        assertThat(result.outcome()).isEqualTo(Outcome.UNREACHABLE);
        assertThat(result.reason()).contains("(exit status 0): connection refused.", "forces another command");
        assertThat(work.result(AccountTask.probe(lab.machine(0).target()))).as("without the forced command")
                .matches(AccountResult::isDone);
    }

    @Test
    void reasonNamesALogInWithoutAShell() {
        LabMachine machine = lab.machine(0);
        machine.exec("usermod", "-s", "/usr/sbin/nologin", "root");

        assertThat(work.result(AccountTask.probe(machine.target())).reason()).contains("without a shell");
    }

    @Test
    void aBannerIsNotTakenForTheCause() {
        LabMachine machine = lab.machine(0);
        machine.exec("sh", "-c", "printf 'Connection refused, timed out\\nAuthenticated to root\\nWe log you.\\n'"
                + " >/etc/issue.net");
        machine.setSshd("Banner /etc/issue.net");

        assertThat(work.result(AccountTask.probe(machine.target()))).matches(AccountResult::isDone);
        machine.exec("sh", "-c", "printf 'Connection refused, timed out, host is down\\n' >/etc/issue.net");
        Target wrong = new Target("wrong", machine.host(), machine.port(), "root", "wrong", machine.hostKeys());
        assertThat(work.result(AccountTask.probe(wrong)).reason()).contains("the password or the key is wrong");
        machine.setSshd("");
    }

    @Test
    void machineThatPrintsForEverTimesOut() {
        startFile(lab.machine(0), "yes");
        try (var impatient = AccountWork.by(driver, TestSettings.in(workDir).withRunTimeout(Duration.ofSeconds(8)))) {
            long start = System.nanoTime();
            AccountResult result = impatient.create(lab.machine(0), "cora", AccountWork.newToken());
            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.reason()).containsAnyOf("does not answer in time", "No answer within");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
        }
    }

    @Test
    @Tag("deep")
    void muchOutputTakesNoMemory() throws IOException {
        Path small = Files.createTempFile(workDir, "small-", "", PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rwx------")));
        Files.writeString(small, "#!/bin/sh\nulimit -v 400000\nexec ansible-playbook \"$@\"\n");
        startFile(lab.machine(0), "yes noise | head -c 300000000; yes noise | head -c 100000000 >&2");
        try (var frugal = AccountWork.by(driver, TestSettings.in(workDir).withPlaybook(small))) {
            long token = AccountWork.newToken();
            assertThat(frugal.create(lab.machine(0), "dora", token)).isEqualTo(AccountResult.done());
            assertThat(frugal.remove(lab.machine(0), "dora", token)).isEqualTo(AccountResult.done());
        }
    }
}
