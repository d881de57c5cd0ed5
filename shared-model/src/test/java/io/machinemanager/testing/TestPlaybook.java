package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import io.quarkus.test.junit.QuarkusTestProfile;

/**
 * The folder of the playbooks of a test, and a program in place of ansible-playbook that does what a test says. The
 * program is quick, and tasks of a real playbook run with {@link #useAnsible}.
 */
public final class TestPlaybook {

    private static final Path FOLDER = newFolder();
    private static final Path PROGRAM = FOLDER.resolve("program");

    /** The file to give as a playbook. */
    public static final Path PLAYBOOK = FOLDER.resolve("play.yml");

    /** Settings with one or both playbooks. */
    public abstract static class Profile implements QuarkusTestProfile {

        /** The program that runs playbooks. */
        protected static final String RUNS = PROGRAM.toString();

        protected Profile() {
            // the start checks that the file is there
            TestPlaybook.reset();
        }
    }

    private TestPlaybook() {
    }

    private static Path newFolder() {
        try {
            // the build and the test load this class twice, and must see the same folder
            Path folder = Path.of(System.getProperty("java.io.tmpdir"),
                    "test-playbook-" + ProcessHandle.current().pid());
            Files.createDirectories(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folder of the playbook, which is also the current folder of the program. */
    public static Path folder() {
        return FOLDER;
    }

    /** Removes what the last test has left, and lets each run succeed. */
    public static void reset() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.writeString(PLAYBOOK, "- hosts: all\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        succeed();
    }

    /** Lets the program run this script, in the folder; {@code machine} is a variable with the name of the machine. */
    public static void run(String script) {
        write("""
                #!/bin/sh
                machine=$(sed -n 's/^ *"mm_machine": !unsafe "\\(.*\\)"$/\\1/p' "$2")
                echo "$machine" >> runs
                report() { echo "$1" > "$HOME/report.json"; }
                """ + script);
    }

    /** Lets each run succeed. */
    public static void succeed() {
        run("report '{\"tasks\": 1}'\n");
    }

    /** Lets each run fail with this message. */
    public static void fail(String message) {
        run("report '{\"tasks\": 1, \"failed\": \"Reset\", \"message\": \"%s\"}'; exit 2\n".formatted(message));
    }

    /** Lets each run wait until {@link #letGo}. */
    public static void hold() {
        run("echo $$ >pid-$machine; while [ ! -e go ]; do sleep 0.05; done; report '{\"tasks\": 1}'\n");
    }

    /** Lets the runs that wait succeed. */
    public static void letGo() {
        try {
            Files.createFile(FOLDER.resolve("go"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets the real program run a playbook with these tasks. */
    public static void useAnsible(String tasks) {
        try {
            Files.writeString(PLAYBOOK,
                    "- hosts: all\n  gather_facts: false\n  tasks:\n" + tasks.indent(4));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write("#!/bin/sh\nexec ansible-playbook \"$@\"\n");
    }

    /** The machines for which the program was started, in this order. */
    public static List<String> runs() {
        try {
            Path runs = FOLDER.resolve("runs");
            return Files.exists(runs) ? Files.readAllLines(runs) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The machines for which a run of {@link #hold} goes on. */
    public static List<String> running() {
        try (var files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("pid-"))
                    .filter(TestPlaybook::isAlive).map(name -> name.substring("pid-".length())).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isAlive(String name) {
        try {
            return ProcessHandle.of(Long.parseLong(Files.readString(FOLDER.resolve(name)).strip()))
                    .filter(ProcessHandle::isAlive).isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In place of the old one, which a process may be executing. */
    private static void write(String script) {
        try {
            Path fresh = Files.writeString(FOLDER.resolve("program.new"), script);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
            Files.move(fresh, PROGRAM, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
