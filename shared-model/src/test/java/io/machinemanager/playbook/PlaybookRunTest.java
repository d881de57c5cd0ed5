package io.machinemanager.playbook;

import static io.machinemanager.playbook.TestPlaybooks.LONG;
import static io.machinemanager.playbook.TestPlaybooks.input;
import static io.machinemanager.playbook.TestPlaybooks.nowhere;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.account.Target;
import io.machinemanager.playbook.PlaybookResult.Outcome;

/** Playbooks that need no machine, and programs in place of ansible-playbook that fail or hang. */
class PlaybookRunTest {

    private static final String HOSTILE = "it's \"so\" {{ 1+1 }} {% raw %} $(id) `id` \\ \n second: line # ü 日本 \uD83D\uDE00 !vault";

    @TempDir
    Path folder;

    private TestPlaybooks playbooks;

    @BeforeEach
    void newFolder() {
        playbooks = new TestPlaybooks(folder);
    }

    @Test
    void variablesArriveAsTheyAre() throws IOException {
        Path playbook = playbooks.playbook(
                """
                        - copy:
                            content: "{{ [mm_machine, mm_account, mm_labels, mm_request, mm_note, mm_owner, ansible_host] | to_json }}"
                            dest: "{{ playbook_dir }}/told"
                          delegate_to: localhost
                        """);
        var input = new PlaybookInput(nowhere(), "alice", Map.of("rack/no.1", "7", "1", HOSTILE, "yes", ""), 42,
                HOSTILE, HOSTILE);

        assertThat(playbooks.result(playbook, input)).isEqualTo(PlaybookResult.done());

        JsonNode told = new ObjectMapper().readTree(folder.resolve("own/told").toFile());
        assertThat(told.get(0).asText()).isEqualTo("nowhere");
        assertThat(told.get(1).asText()).isEqualTo("alice");
        assertThat(told.get(2)).hasSize(3);
        assertThat(told.get(2).get("rack/no.1").asText()).isEqualTo("7");
        assertThat(told.get(2).get("1").asText()).isEqualTo(HOSTILE);
        assertThat(told.get(2).get("yes").asText()).isEmpty();
        assertThat(told.get(3).asInt()).isEqualTo(42);
        assertThat(told.get(4).asText()).isEqualTo(HOSTILE);
        assertThat(told.get(5).asText()).isEqualTo(HOSTILE);
        assertThat(told.get(6).asText()).isEqualTo("127.0.0.1");
    }

    @Test
    void rolesGroupVariablesAndConfigurationBesideThePlaybookAreUsed() throws IOException {
        Path playbook = playbooks.playbook("""
                - include_role: {name: special}
                """);
        Path tasks = Files.createDirectories(folder.resolve("own/elsewhere/special/tasks"));
        Files.writeString(tasks.resolve("main.yml"), """
                - copy: {content: "{{ from_group }}", dest: "{{ playbook_dir }}/told"}
                  delegate_to: localhost
                """);
        Files.createDirectories(folder.resolve("own/group_vars"));
        Files.writeString(folder.resolve("own/group_vars/all.yml"), "from_group: hello\n");
        Files.writeString(folder.resolve("own/ansible.cfg"), "[defaults]\nroles_path = elsewhere\n");

        assertThat(playbooks.result(playbook, input(nowhere()))).isEqualTo(PlaybookResult.done());
        assertThat(folder.resolve("own/told")).hasContent("hello");
    }

    @Test
    void aFailedTaskIsTheReason() throws IOException {
        Path playbook = playbooks.playbook("""
                - name: Ask the hypervisor
                  command: sh -c "echo no such snapshot >&2; exit 3"
                  delegate_to: localhost
                """);

        assertThat(playbooks.result(playbook, input(nowhere()))).isEqualTo(new PlaybookResult(Outcome.FAILED,
                "The task \"Ask the hypervisor\" failed: non-zero return code: no such snapshot"));
        assertThat(playbooks.work()).isEmptyDirectory();
    }

    /** Only a number that stands for a signal says that the run was killed. */
    @Test
    void anErrorInAnsibleItselfIsAFailure() throws IOException {
        Path broken = playbooks.program("exit 250\n");
        var runner = new PlaybookRunner(playbooks.settings(playbooks.playbook(""), Duration.ofMinutes(2), 1),
                playbooks.accounts().withPlaybook(broken));

        assertThat(TestPlaybooks.result(runner.start(Playbook.RESET, input(nowhere()), LONG))).isEqualTo(
                new PlaybookResult(Outcome.FAILED, "RESET_PLAYBOOK ended with exit status 250."));
        runner.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Localhost", "127.0.0.1", "All", "ungrouped" })
    void aNameThatMeansSomethingElseToAnsibleIsTheReason(String name) throws IOException {
        var input = input(new Target(name, "127.0.0.1", 1, "root", "x", "ssh-ed25519 AAAA"));

        assertThat(playbooks.result(playbooks.playbook("- {debug: {msg: x}}\n"), input)).isEqualTo(new PlaybookResult(
                Outcome.FAILED,
                "For Ansible the name %s is not that of a machine: register the machine by another one."
                        .formatted(name)));
    }

    @Test
    void aFailureThatThePlaybookHandlesIsNone() throws IOException {
        Path playbook = playbooks.playbook("""
                - command: "false"
                  ignore_errors: true
                  delegate_to: localhost
                - block:
                    - {command: "false", delegate_to: localhost}
                  rescue:
                    - {command: "true", delegate_to: localhost}
                """);

        assertThat(playbooks.result(playbook, input(nowhere()))).isEqualTo(PlaybookResult.done());
    }

    @Test
    void whatNoLogHidesIsNotInTheReason() throws IOException {
        Path playbook = playbooks.playbook("""
                - name: "Token {{ token }}"
                  command: sh -c "echo {{ item }}; exit 1"
                  vars: {token: hidden-token}
                  loop: [hidden-item]
                  no_log: true
                  delegate_to: localhost
                """);

        PlaybookResult result = playbooks.result(playbook, input(nowhere()));

        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).doesNotContain("hidden-").contains("failed. What it said is hidden (no_log).");
    }

    @Test
    void thePasswordOfTheMachineIsNotInTheReasonAndControlCharactersAreReplaced() throws IOException {
        Path playbook = playbooks.playbook("""
                - name: Quote
                  fail: {msg: "{{ ansible_password }} is\\twrong\\e[31m"}
                """);

        assertThat(playbooks.result(playbook, input(nowhere())).reason())
                .isEqualTo("The task \"Quote\" failed: *** is?wrong?[31m");
    }

    @Test
    void secretsAreInNoCommandLineAndNoEnvironmentAndFilesArePrivate() throws IOException {
        Path playbook = playbooks.playbook("""
                - wait_for: {path: "{{ playbook_dir }}/go", sleep: 1}
                  delegate_to: localhost
                """);
        PlaybookRunner runner = playbooks.runner(playbook);
        var input = new PlaybookInput(nowhere(), "alice", Map.of(), 7, "a private note", "alice");
        PlaybookRun run = runner.start(Playbook.RESET, input, LONG);
        await().until(() -> processes().anyMatch(process -> process.contains("wait_for")));

        assertThat(processes()).noneMatch(text -> text.contains("machine secret") || text.contains("a private note"));
        try (Stream<Path> files = Files.walk(playbooks.work())) {
            assertThat(files.filter(file -> !file.equals(playbooks.work()) && Files.isDirectory(file)
                    && file.getParent().equals(playbooks.work())).toList()).hasSize(1).allSatisfy(
                            own -> assertThat(Files.getPosixFilePermissions(own)).hasSize(3));
        }
        Files.createFile(folder.resolve("own/go"));
        assertThat(TestPlaybooks.result(run)).isEqualTo(PlaybookResult.done());
        runner.close();
        assertThat(playbooks.work()).isEmptyDirectory();
    }

    /** The command line and environment of each process. */
    private static Stream<String> processes() {
        return ProcessHandle.allProcesses().map(process -> {
            try {
                Path proc = Path.of("/proc", Long.toString(process.pid()));
                return Files.readString(proc.resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1)
                        + Files.readString(proc.resolve("environ"), java.nio.charset.StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                return "";
            }
        });
    }

    @Test
    void aPlaybookThatHangsIsKilledWithAllItsProcesses() throws IOException {
        Path playbook = playbooks.playbook("""
                - name: Wait for the end of the world
                  shell: "(setsid sleep 4251.1 &) ; trap '' TERM; sleep 4251.2"
                  delegate_to: localhost
                """);
        var runner = new PlaybookRunner(playbooks.settings(playbook, Duration.ofSeconds(4), 1), playbooks.accounts());

        assertThat(TestPlaybooks.result(runner.start(Playbook.RESET, input(nowhere()), LONG)))
                .isEqualTo(new PlaybookResult(Outcome.TIMED_OUT, "RESET_PLAYBOOK did not end within 4 s;"
                        + " its task \"Wait for the end of the world\" was under way."));
        assertThat(commands()).noneMatch(command -> command.contains("sleep 4251."));
        runner.close();
        assertThat(playbooks.work()).isEmptyDirectory();
    }

    private static List<String> commands() {
        return ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream()).toList();
    }

    @Test
    void outputWithoutEndCostsNoMemory() throws IOException {
        Path printing = playbooks.program("""
                head -c 200000000 /dev/zero | tr '\\0' x | tee /dev/stderr
                touch "$(dirname "$0")/printed"
                while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.1; done
                echo; echo 'ERROR! this is it' >&2
                exit 1
                """);
        var runner = new PlaybookRunner(playbooks.settings(playbooks.playbook(""), Duration.ofMinutes(2), 1),
                playbooks.accounts().withPlaybook(printing));
        long before = usedMemory();

        PlaybookRun run = runner.start(Playbook.RESET, input(nowhere()), LONG);
        await().until(() -> Files.exists(folder.resolve("printed")));
        assertThat(usedMemory() - before).isLessThan(50_000_000);

        Files.createFile(folder.resolve("go"));
        assertThat(TestPlaybooks.result(run).reason()).startsWith("RESET_PLAYBOOK ended with exit status 1");
        runner.close();
    }

    @Test
    @Tag("deep")
    void aTaskWithoutEndOfOutputFailsWithAShortReason() throws IOException {
        Path playbook = playbooks.playbook("""
                - name: Print
                  shell: "head -c 50000000 /dev/zero | tr '\\\\0' x; exit 1"
                  delegate_to: localhost
                """);

        PlaybookResult result = playbooks.result(playbook, input(nowhere()));

        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).startsWith("The task \"Print\" failed: non-zero return code: xxx")
                .hasSizeLessThan(500);
    }

    private static long usedMemory() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void aPlaybookWithoutATaskForTheMachineHasFailed() throws IOException {
        Path playbook = playbooks.playbook("");
        Files.writeString(playbook, "- hosts: webservers\n  tasks: [{command: 'true'}]\n");

        assertThat(playbooks.result(playbook, input(nowhere()))).isEqualTo(new PlaybookResult(Outcome.FAILED,
                "RESET_PLAYBOOK has no task for the machine; its plays should have \"hosts: all\"."));
    }

    @Test
    void anErrorOfAnsibleItselfIsTheReason() throws IOException {
        Path playbook = playbooks.playbook("- no_such_module: {}\n");

        assertThat(playbooks.result(playbook, input(nowhere())).reason())
                .startsWith("RESET_PLAYBOOK ended with exit status 4: ERROR! couldn't resolve module/action");
    }

    @Test
    void aMissingProgramIsNoFaultOfTheMachine() throws IOException {
        var runner = new PlaybookRunner(playbooks.settings(playbooks.playbook(""), Duration.ofMinutes(2), 1),
                playbooks.accounts().withPlaybook(Path.of("/nonexistent/ansible-playbook")));

        PlaybookResult result = TestPlaybooks.result(runner.start(Playbook.PREPARE, input(nowhere()), LONG));

        assertThat(result.outcome()).isEqualTo(Outcome.LOST);
        assertThat(result.reason()).startsWith("PREPARE_PLAYBOOK cannot be run where Machine Manager runs:")
                .contains("/nonexistent/ansible-playbook");
    }

    @Test
    void aRunThatIsNotConfirmedWhileItWaitsForAPlaceDoesNotStart() throws IOException {
        PlaybookRunner runner = waitingForGo(1);
        Duration claim = Duration.ofSeconds(2);
        PlaybookRun first = runner.start(Playbook.PREPARE, input(nowhere()), LONG);
        await().until(() -> started() == 1);
        PlaybookRun confirmed = runner.start(Playbook.PREPARE, input(nowhere()), LONG);
        PlaybookRun unconfirmed = runner.start(Playbook.PREPARE, input(nowhere()), claim);
        await().during(claim).until(() -> started() == 1);

        Files.createFile(folder.resolve("go"));
        TestPlaybooks.result(first);
        TestPlaybooks.result(confirmed);

        assertThat(TestPlaybooks.result(unconfirmed)).isEqualTo(new PlaybookResult(Outcome.LOST,
                "The run was not confirmed while it waited for its turn."));
        assertThat(started()).isEqualTo(2);
        runner.close();
    }

    @Test
    void aRunThatIsNotConfirmedKillsItself() throws IOException {
        Path playbook = playbooks.playbook("""
                - shell: "(setsid sleep 4252.1 &) ; sleep 4252.2"
                  delegate_to: localhost
                """);
        PlaybookRunner runner = playbooks.runner(playbook);
        PlaybookRun run = runner.start(Playbook.RESET, input(nowhere()), Duration.ofSeconds(6));
        await().until(() -> commands().stream().anyMatch(command -> command.contains("sleep 4252.2")));

        // longer than it goes on without a confirmation
        await().during(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(500)).atMost(Duration.ofSeconds(30))
                .until(() -> {
                    run.confirm();
                    return !run.result().isDone();
                });
        assertThat(TestPlaybooks.result(run).outcome()).isEqualTo(Outcome.LOST);
        assertThat(commands()).noneMatch(command -> command.contains("sleep 4252."));
        runner.close();
    }

    @Test
    void aRunEndsWithTheServiceThatHasStartedIt() throws IOException {
        Path playbook = playbooks.playbook("""
                - shell: "(setsid sleep 4253.1 &) ; sleep 4253.2"
                  delegate_to: localhost
                """);
        PlaybookRunner runner = playbooks.runner(playbook);
        PlaybookRun run = runner.start(Playbook.RESET, input(nowhere()), LONG);
        await().until(() -> commands().stream().anyMatch(command -> command.contains("sleep 4253.2")));

        run.endConfirmations();

        assertThat(TestPlaybooks.result(run).outcome()).isEqualTo(Outcome.LOST);
        assertThat(commands()).noneMatch(command -> command.contains("sleep 4253."));
        runner.close();
    }

    @Test
    void aCancelledRunEndsWithItsProcesses() throws IOException {
        Path playbook = playbooks.playbook("""
                - command: sleep 4254
                  delegate_to: localhost
                """);
        PlaybookRunner runner = playbooks.runner(playbook);
        PlaybookRun run = runner.start(Playbook.RESET, input(nowhere()), LONG);
        await().until(() -> commands().stream().anyMatch(command -> command.contains("sleep 4254")));

        run.cancel();

        assertThat(TestPlaybooks.result(run)).isEqualTo(new PlaybookResult(Outcome.LOST, "The run was ended."));
        assertThat(commands()).noneMatch(command -> command.contains("sleep 4254"));
        runner.close();
        assertThat(playbooks.work()).isEmptyDirectory();
    }

    @Test
    void noMoreRunAtOnceThanTheLimitAndResetsHoldUpNoPreparation() throws IOException {
        PlaybookRunner runner = waitingForGo(2);

        List<PlaybookRun> resets = IntStream.range(0, 5)
                .mapToObj(i -> runner.start(Playbook.RESET, input(nowhere()), LONG)).toList();
        await().until(() -> started() == 2);
        PlaybookRun preparation = runner.start(Playbook.PREPARE, input(nowhere()), LONG);
        await().until(() -> started() == 3);
        await().during(Duration.ofSeconds(1)).until(() -> started() == 3);
        // one that waits for a place ends, too
        resets.getLast().cancel();
        assertThat(TestPlaybooks.result(resets.getLast()).outcome()).isEqualTo(Outcome.LOST);

        Files.createFile(folder.resolve("go"));
        TestPlaybooks.result(preparation);
        resets.forEach(TestPlaybooks::result);
        assertThat(started()).isEqualTo(5);
        runner.close();
    }

    /** Its runs wait until there is a file of the name go. */
    private PlaybookRunner waitingForGo(int places) throws IOException {
        Path waiting = playbooks.program("""
                cd "$(dirname "$0")"
                touch "started.$$"
                while [ ! -e go ]; do sleep 0.1; done
                """);
        return new PlaybookRunner(playbooks.settings(playbooks.playbook(""), Duration.ofMinutes(2), places),
                playbooks.accounts().withPlaybook(waiting));
    }

    private long started() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("started.")).count();
        }
    }

    @Test
    void theEnvironmentOfTheServiceDoesNotReachThePlaybook() throws IOException {
        Path telling = playbooks.program("""
                env > "$(dirname "$0")/told"; pwd >> "$(dirname "$0")/told"
                """);
        var runner = new PlaybookRunner(playbooks.settings(playbooks.playbook(""), Duration.ofMinutes(2), 1),
                playbooks.accounts().withPlaybook(telling));
        TestPlaybooks.result(runner.start(Playbook.RESET, input(nowhere()), LONG));
        runner.close();

        List<String> told = Files.readAllLines(folder.resolve("told"));
        assertThat(told.stream().filter(line -> line.contains("=")).map(line -> line.split("=")[0]))
                .filteredOn(name -> !List.of("PWD", "OLDPWD", "SHLVL", "_").contains(name))
                .containsExactlyInAnyOrder("PATH", "LANG", "LC_ALL", "HOME", "ANSIBLE_CONFIG",
                        "ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_RETRY_FILES_ENABLED", "ANSIBLE_LOCAL_TEMP", "TMPDIR",
                        "MACHINE_MANAGER_RUN", "MACHINE_MANAGER_CONFIRMATION_TIMEOUT", "MACHINE_MANAGER_DEADLINE");
        assertThat(told).contains(folder.resolve("own").toString());
    }
}
