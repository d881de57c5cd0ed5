package io.machinemanager.account.ansible;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountPassword;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountWork;
import io.machinemanager.account.TestSettings;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** Ansible runs show no secret, are shared by tasks, and leave nothing behind. */
@Tag("machines")
class AnsibleDriverTest {

    @TempDir
    static Path workDir;
    private static Lab lab;
    private static AnsibleDriver driver;
    private static AccountWork work;

    @BeforeAll
    static void start() {
        lab = Lab.start(3);
        driver = new AnsibleDriver(TestSettings.in(workDir));
        work = new AccountWork(driver);
    }

    @AfterAll
    static void stop() throws IOException {
        driver.close();
        lab.close();
        assertThat(workDir).isEmptyDirectory();
    }

    @AfterEach
    void nothingIsLeftOfTheRuns() {
        // A result comes as soon as the machine has answered, a moment before the end of the run.
        Awaitility.await().ignoreExceptions().untilAsserted(() -> {
            try (Stream<Path> files = Files.walk(workDir)) {
                assertThat(files.map(Path::toString)).noneMatch(file -> file.contains("/run-"));
            }
        });
    }

    @Test
    void secretsAreInNoProcessListAndNoEnvironment() throws IOException {
        LabMachine machine = lab.machine(1);
        String hash = AccountPassword.hash("open sesame");
        for (String command : List.of("useradd", "chpasswd")) {
            machine.fake(command, "sleep 1; exec /usr/sbin/" + command + " \"$@\"");
        }
        long token = AccountWork.newToken();
        var result = work.start(new AccountTask(machine.target(), AccountTask.Action.CREATE, "emil", token,
                new AccountLogin(hash, null, false)));
        List<String> found = new ArrayList<>();
        while (!result.isDone()) {
            found.addAll(processesThatShow(List.of(machine.password(), hash, hash.substring(30, 60))));
        }

        assertThat(result.join()).isEqualTo(AccountResult.done());
        assertThat(found).isEmpty();
        machine.endFakes();
        work.remove(machine, "emil", token);
    }

    @Test
    void tasksForOneMachineAreDoneInSequence() {
        LabMachine machine = lab.machine(1);
        long first = AccountWork.newToken();
        long second = AccountWork.newToken();
        var results = driver.submit(List.of(AccountWork.creation(machine.target(), "fred", first),
                AccountWork.removal(machine.target(), "fred", first),
                AccountWork.creation(machine.target(), "fred", second),
                AccountWork.removal(machine.target(), "fred", second)));

        assertThat(results.stream().map(AccountWork::resultOf)).containsOnly(AccountResult.done());
        assertThat(machine.passwdHas("fred")).isFalse();
    }

    @Test
    @Tag("deep")
    void hungMachineDoesNotDelayOthers() {
        LabMachine hanging = hanging(1);
        long token = AccountWork.newToken();
        try (var oneAtATime = oneAtATime()) {
            var results = oneAtATime.driver().submit(Stream.of(hanging, lab.machine(0), lab.machine(2))
                    .map(machine -> AccountWork.creation(machine.target(), "nora", token)).toList());

            assertThat(results.stream().map(AccountWork::resultOf)).containsExactly(
                    new AccountResult(Outcome.FAILED, "The machine does not answer in time."), AccountResult.done(),
                    AccountResult.done());
        }
        heal(hanging, "nora", token);
        assertThat(List.of(work.remove(lab.machine(0), "nora", token), work.remove(lab.machine(2), "nora", token)))
                .containsOnly(AccountResult.done());
    }

    @Test
    @Tag("deep")
    void timedOutSshIsKilled() {
        LabMachine first = hanging(1);
        LabMachine second = hanging(2);
        long token = AccountWork.newToken();
        try (var oneAtATime = oneAtATime()) {
            oneAtATime.driver().submit(Stream.of(first, second)
                    .map(machine -> AccountWork.creation(machine.target(), "olaf", token)).toList());

            Awaitility.await().atMost(Duration.ofSeconds(18)).until(() -> logsIn(second) && !logsIn(first));
        }
        heal(first, "olaf", token);
        heal(second, "olaf", token);
    }

    private static boolean logsIn(LabMachine machine) {
        return ProcessHandle.allProcesses().map(process -> process.info().commandLine().orElse(""))
                .anyMatch(line -> line.matches("(/\\S*/)?ssh .*Port=" + machine.port() + " .*"));
    }

    private static AccountWork oneAtATime() {
        return new AccountWork(
                new AnsibleDriver(TestSettings.in(workDir).withForks(1).withRunTimeout(Duration.ofSeconds(10))));
    }

    /** Without a working timeout command, the machine itself does not end commands that hang. */
    private static LabMachine hanging(int place) {
        LabMachine machine = lab.machine(place);
        machine.fake("timeout", "exit 1");
        machine.fake("useradd", "sleep 1000");
        return machine;
    }

    private static void heal(LabMachine machine, String account, long token) {
        machine.endFakes();
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> work.remove(machine, account, token).isDone());
    }

    @Test
    void fullDiskDuringARunKeepsNoMachineFromItsAnswer() throws Exception {
        LabMachine machine = lab.machine(2);
        Path disk = Files.createDirectory(workDir.resolve("disk"));
        run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString());
        Path filling = Files.writeString(workDir.resolve("filling"),
                "#!/bin/sh\ncat /dev/zero > zeroes\nexec ansible-playbook \"$@\"\n");
        Files.setPosixFilePermissions(filling, PosixFilePermissions.fromString("rwx------"));
        try {
            try (var full = new AccountWork(new AnsibleDriver(TestSettings.in(disk).withPlaybook(filling)))) {
                long token = AccountWork.newToken();
                assertThat(full.create(machine, "gina", token)).isEqualTo(AccountResult.done());
                nothingIsLeftOfTheRuns();
                assertThat(full.remove(machine, "gina", token)).isEqualTo(AccountResult.done());
            }
            assertThat(machine.passwdHas("gina")).isFalse();
            assertThat(disk).as("nothing is left to fill it").isEmptyDirectory();
        } finally {
            run("umount", disk.toString());
            Files.delete(disk);
            Files.delete(filling);
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private static List<String> processesThatShow(List<String> secrets) throws IOException {
        List<String> found = new ArrayList<>();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                String text = read(process.resolve("cmdline")) + read(process.resolve("environ"));
                if (secrets.stream().anyMatch(text::contains)) {
                    found.add(text);
                }
            }
        }
        return found;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has just ended
        }
    }
}
