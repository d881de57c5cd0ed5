package io.machinemanager.account.ansible;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountWork;
import io.machinemanager.account.Target;
import io.machinemanager.account.TestSettings;

/** Runs of programs in place of ansible-playbook that fail or hang. There is no machine. */
class AnsibleRunTest {

    private static final Target NOWHERE = new Target("nowhere", "127.0.0.1", 1, "root", "machine secret",
            "ssh-ed25519 AAAA");

    @TempDir
    Path folder;

    @Test
    void hungRunIsKilledWithAllItsProcesses() throws IOException {
        // One child in the same session, one in another session, one whose parent has ended.
        Path hanging = program("""
                sleep 4242.1 &
                setsid sleep 4242.2 &
                (sleep 4242.3 &)
                trap '' TERM
                while :; do sleep 1; done
                """);
        AccountResult result = resultWith(settings().withPlaybook(hanging).withRunTimeout(Duration.ofSeconds(2)));

        assertThat(result).isEqualTo(new AccountResult(Outcome.FAILED, "No answer within 2 s."));
        Awaitility.await().until(() -> ProcessHandle.allProcesses()
                .noneMatch(process -> process.info().commandLine().orElse("").contains("sleep 4242.")));
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void waitingMachinesHaveATimeLimitOfTheirOwn() throws IOException {
        Path slow = program("""
                case "$*" in *'--forks 2 '*) ;; *) exit 1 ;; esac
                sleep 3
                for i in 0 1 2 3 4; do echo "{\\"host\\": \\"m$i\\", \\"answer\\": \\"DONE\\"}"; done
                """);
        TestSettings settings = settings().withPlaybook(slow).withForks(2).withRunTimeout(Duration.ofSeconds(2));
        try (var work = new AccountWork(new AnsibleDriver(settings))) {
            List<AccountTask> tasks = IntStream.range(0, 5).mapToObj(i -> AccountWork.creation(
                    new Target("m" + i, "127.0.0.1", 1, "root", "machine secret", "ssh-ed25519 AAAA"), "alice", 7))
                    .toList();

            assertThat(work.driver().submit(tasks)).extracting(AccountWork::resultOf)
                    .containsOnly(AccountResult.done());
        }
    }

    @Test
    void leftoverProcessesOfARunAreKilledAndDoNotDelayItsEnd() throws IOException {
        Path leaving = program("setsid sleep 4243 &\n");

        assertThat(resultWith(settings().withPlaybook(leaving)).reason())
                .isEqualTo("Ansible ended without an answer of the machine (exit status 0).");
        Awaitility.await().until(() -> ProcessHandle.allProcesses()
                .noneMatch(process -> process.info().commandLine().orElse("").contains("sleep 4243")));
    }

    @Test
    void unexpectedOutputIsIgnored() throws IOException {
        Path babbling = program("""
                head -c 3000000 /dev/urandom
                head -c 3000000 /dev/urandom >&2
                echo
                echo '{"host": "m7", "answer": "DONE"}'
                echo '{"host": "m0", "answer": "FAILED it is so", "rc": "x"}'
                echo '{"host": "m0", "answer": "DONE twice"}'
                """);

        assertThat(resultWith(settings().withPlaybook(babbling)))
                .isEqualTo(new AccountResult(Outcome.FAILED, "It is so."));
    }

    @Test
    void errorOfAnsibleItselfIsTheReasonButNotWhatItQuotes() throws IOException {
        Path failing = program("""
                echo 'ERROR! the playbook could not be found' >&2
                cat inventory.yml >&2
                exit 4
                """);

        assertThat(resultWith(settings().withPlaybook(failing)).reason())
                .isEqualTo("Ansible ended without an answer of the machine: ERROR! the playbook could not be found");
    }

    @Test
    void missingProgramIsAFailureWithItsName() {
        AccountResult result = resultWith(settings().withPlaybook(Path.of("/nonexistent/ansible-playbook")));

        assertThat(result.outcome()).isEqualTo(Outcome.NOT_STARTED);
        assertThat(result.reason()).contains("/nonexistent/ansible-playbook");
    }

    @Test
    void workFolderThatCannotBeWrittenIsAFailure() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        assertThat(resultWith(TestSettings.in(file.resolve("work"))).outcome()).isEqualTo(Outcome.NOT_STARTED);
    }

    @Test
    void fullDiskIsAFailureAndLeavesNothing() throws IOException, InterruptedException {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        run("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk.toString());
        try {
            assertThat(resultWith(TestSettings.in(disk))).isEqualTo(new AccountResult(Outcome.NOT_STARTED,
                    "The folder for temporary files where Machine Manager runs is full or cannot be written."));
            assertThat(disk).isEmptyDirectory();
        } finally {
            run("umount", disk.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, FAILED", "2, FAILED", "4, FAILED", "1, RUN_LOST", "5, RUN_LOST", "99, RUN_LOST", "250, RUN_LOST" })
    void abortedRunIsNoMachinesFault(int status, Outcome outcome) throws IOException {
        AccountResult result = resultWith(settings().withPlaybook(program("exit " + status + "\n")));

        assertThat(result).isEqualTo(new AccountResult(outcome,
                "Ansible ended without an answer of the machine (exit status %d).".formatted(status)));
    }

    @Test
    void killedRunIsNoMachinesFault() throws IOException {
        assertThat(resultWith(settings().withPlaybook(program("kill -KILL $$\n"))).outcome())
                .isEqualTo(Outcome.RUN_LOST);
    }

    @Test
    void interruptedRunIsNoMachinesFault() throws Exception {
        Path waiting = program("touch \"$(dirname \"$0\")/started\"; sleep 4244\n");
        CompletableFuture<AccountResult> result = new CompletableFuture<>();
        try (var files = AnsibleDriver.files(folder.resolve("work"))) {
            Thread run = Thread.startVirtualThread(
                    () -> result.complete(new AnsibleRun(files, settings().withPlaybook(waiting),
                            List.of(AccountWork.creation(NOWHERE, "alice", 7)), (place, answer) -> {
                            }).run()));
            Awaitility.await().until(() -> Files.exists(folder.resolve("started")));
            run.interrupt();

            assertThat(AccountWork.resultOf(result))
                    .isEqualTo(new AccountResult(Outcome.RUN_LOST, "The account work was interrupted."));
        }
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void environmentOfTheServiceDoesNotReachAnsibleAndFilesArePrivate() throws IOException {
        Path telling = program("""
                { env; stat -c '%a %n' . inventory.yml known_hosts ..; } > "$(dirname "$0")/told"
                """);
        resultWith(settings().withPlaybook(telling));

        List<String> told = Files.readAllLines(folder.resolve("told"));
        assertThat(told.stream().filter(line -> line.contains("=")).map(line -> line.split("=")[0]))
                .as("beside what the shell itself sets")
                .filteredOn(name -> !List.of("PWD", "OLDPWD", "SHLVL", "_").contains(name))
                .containsExactlyInAnyOrder("PATH", "LANG", "LC_ALL", "HOME", "ANSIBLE_CONFIG", "MACHINE_MANAGER_RUN");
        assertThat(told).contains("700 .", "600 inventory.yml", "600 known_hosts", "700 ..");
    }

    @Test
    void workIsRefusedAfterTheShutdownAndRunningWorkIsAwaited() throws IOException {
        Path slow = program("""
                touch "$(dirname "$0")/started"
                sleep 2
                echo '{"host": "m0", "answer": "DONE"}'
                """);
        var driver = new AnsibleDriver(settings().withPlaybook(slow).withRuns(1));
        var running = submit(driver, NOWHERE);
        Awaitility.await().until(() -> Files.exists(folder.resolve("started")));
        var waiting = submit(driver, new Target("other", "127.0.0.1", 1, "root", "x", "ssh-ed25519 AAAA"));
        driver.close();

        assertThat(AccountWork.resultOf(running)).isEqualTo(AccountResult.done());
        assertThat(AccountWork.resultOf(waiting).reason()).isEqualTo("Machine Manager is shutting down.");
        assertThat(AccountWork.resultOf(submit(driver, NOWHERE)).outcome()).isEqualTo(Outcome.NOT_STARTED);
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void folderOfAKilledServiceIsRemovedAndThatOfARunningOneIsNot() throws IOException {
        Path work = Files.createDirectory(folder.resolve("work"));
        Path abandoned = Files.createDirectories(work.resolve("machine-manager-1/run-1"));
        Files.writeString(abandoned.resolve("inventory.yml"), "secret");
        Files.createFile(abandoned.resolveSibling("owner.lock"));
        try (var living = AnsibleDriver.files(work); var next = AnsibleDriver.files(work)) {
            Path run = living.newRun();
            assertThat(abandoned.getParent()).doesNotExist();
            next.newRun();
            assertThat(run).exists();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run))).isEqualTo("rwx------");
        }
        assertThat(work).isEmptyDirectory();
    }

    @Test
    void playbookIsUnpackedAgainAfterATemporaryFileCleaner() throws IOException {
        try (var files = AnsibleDriver.files(folder)) {
            Path first = files.newRun().getParent();
            Files.delete(first.resolve("accounts.yml"));
            assertThat(files.newRun().resolveSibling("accounts.yml")).exists();
        }
    }

    private TestSettings settings() {
        return TestSettings.in(folder.resolve("work"));
    }

    private AccountResult resultWith(TestSettings settings) {
        var driver = new AnsibleDriver(settings);
        try {
            return AccountWork.resultOf(submit(driver, NOWHERE));
        } finally {
            driver.close();
        }
    }

    private static CompletableFuture<AccountResult> submit(AnsibleDriver driver, Target target) {
        return new AccountWork(driver).start(AccountWork.creation(target, "alice", 7));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private Path program(String script) throws IOException {
        return Files.setPosixFilePermissions(
                Files.writeString(folder.resolve("ansible-playbook"), "#!/bin/sh\n" + script),
                PosixFilePermissions.fromString("rwx------"));
    }
}
