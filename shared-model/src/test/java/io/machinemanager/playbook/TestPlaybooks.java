package io.machinemanager.playbook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.machinemanager.account.Target;
import io.machinemanager.account.TestSettings;

/**
 * Runs playbooks of a test.
 *
 * @param folder the folder of the playbook, and of the files of the runs
 */
record TestPlaybooks(Path folder) {

    /** A claim that no test outlasts. */
    static final Duration LONG = Duration.ofMinutes(10);

    record Settings(Optional<Path> prepare, Optional<Path> reset, Duration timeout,
            int concurrency) implements PlaybookConfig {
    }

    /** Writes a playbook with tasks for the machine. */
    Path playbook(String tasks) throws IOException {
        Files.createDirectories(folder.resolve("own"));
        return Files.writeString(folder.resolve("own/play.yml"), """
                - hosts: all
                  gather_facts: false
                  tasks:
                """ + tasks.indent(4));
    }

    /** Writes a program to run in place of ansible-playbook. */
    Path program(String script) throws IOException {
        return Files.setPosixFilePermissions(
                Files.writeString(folder.resolve("ansible-playbook"), "#!/bin/sh\n" + script),
                PosixFilePermissions.fromString("rwx------"));
    }

    PlaybookConfig settings(Path playbook, Duration timeout, int concurrency) {
        return new Settings(Optional.of(playbook), Optional.of(playbook), timeout, concurrency);
    }

    PlaybookRunner runner(Path playbook) {
        return new PlaybookRunner(settings(playbook, Duration.ofMinutes(2), 4), accounts());
    }

    TestSettings accounts() {
        return TestSettings.in(folder.resolve("work"));
    }

    /** The runs' files; there is nothing when they have ended. */
    Path work() {
        return folder.resolve("work");
    }

    static PlaybookInput input(Target target) {
        return new PlaybookInput(target, "alice", Map.of(), 7, "", "alice");
    }

    /** A machine that is not there, for playbooks that do not need it. */
    static Target nowhere() {
        return new Target("nowhere", "127.0.0.1", 1, "root", "machine secret", "ssh-ed25519 AAAA");
    }

    /** Runs a playbook with the defaults. */
    PlaybookResult result(Path playbook, PlaybookInput input) {
        PlaybookRunner runner = runner(playbook);
        try {
            return result(runner.start(Playbook.RESET, input, LONG));
        } finally {
            runner.close();
        }
    }

    static PlaybookResult result(PlaybookRun run) {
        return run.result().orTimeout(3, TimeUnit.MINUTES).join();
    }
}
