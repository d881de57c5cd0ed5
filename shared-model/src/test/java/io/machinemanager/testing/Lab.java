package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Real SSH machines on loopback ports, made by {@code tools/lab/lab} out of Linux namespaces. Needs root. They end
 * with {@link #close()}, and with this process if it never comes to that.
 */
public final class Lab implements AutoCloseable {

    /** What the machines run. */
    public enum Flavour {
        /** A Debian 11 server, with the oldest tools that are tried: shadow 4.8, OpenSSH 8.4. */
        DEBIAN11,
        /** A Debian 12 server. */
        DEBIAN12,
        /** A Debian 13 server: useradd and its kin, procps, cron, at. */
        DEBIAN,
        /** A server with the testing distribution of Debian, which has the newest tools. */
        DEBIAN_TESTING,
        /** Busybox in the way of Alpine: adduser and deluser, ash, no bash. */
        BUSYBOX;

        private String option() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    // The first start of all makes the root file system: a minute or two, much longer on a machine that has other work.
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final List<LabMachine> machines;

    private Lab(Path directory) {
        this.directory = directory;
        this.machines = read().stream().map(json -> new LabMachine(this, json)).toList();
    }

    /** Starts Debian machines into which one logs in as root. */
    public static Lab start(int machines) {
        return start(machines, Flavour.DEBIAN);
    }

    /**
     * Starts machines and waits until they answer.
     *
     * @param machines how many, 1 to 999
     * @param flavour what they run
     * @param options further options of {@code lab up}, such as {@code "--ssh-user", "admin"}
     * @throws IllegalStateException if they do not start, with the reason
     */
    public static Lab start(int machines, Flavour flavour, String... options) {
        try {
            var directory = Files.createTempDirectory("lab-");
            var command = new ArrayList<>(List.of("up", directory.toString(), Integer.toString(machines),
                    "--flavour", flavour.option(),
                    "--with", Long.toString(ProcessHandle.current().pid())));
            command.addAll(List.of(options));
            script(command);
            return new Lab(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes the root file system of a flavour, unless it is in the cache.
     *
     * @throws IllegalStateException if it cannot be made, with the reason
     */
    public static void build(Flavour flavour) {
        script(List.of("build", flavour.option()));
    }

    /** All machines, in the order of their names. */
    public List<LabMachine> machines() {
        return machines;
    }

    /** The machine at an index from 0. */
    public LabMachine machine(int index) {
        return machines.get(index);
    }

    /** The folder of this lab, which {@code tools/lab/lab} takes as its first argument. */
    public Path directory() {
        return directory;
    }

    /** Ends all machines and removes their disks. Repeating it is harmless. */
    @Override
    public void close() {
        script(List.of("down", directory.toString()));
    }

    /** What the script says now of a machine: its process and its host keys change. */
    JsonNode describe(String name) {
        return read().stream().filter(json -> json.get("name").asText().equals(name)).findFirst().orElseThrow();
    }

    private List<JsonNode> read() {
        try {
            var machines = new ArrayList<JsonNode>();
            JSON.readTree(directory.resolve("machines.json").toFile()).forEach(machines::add);
            return machines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command of the script, which must succeed. */
    static void script(List<String> arguments) {
        var result = CommandResult.of(scriptCommand(arguments), LIMIT);
        if (!result.succeeded()) {
            throw new IllegalStateException(result.errors().strip());
        }
    }

    static ProcessBuilder scriptCommand(List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(root().resolve("tools/lab/lab").toString());
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /** The root of the repository: where the script is, seen from the module whose tests run. */
    public static Path root() {
        var start = Path.of(System.getProperty("maven.multiModuleProjectDirectory", System.getProperty("user.dir")));
        for (var folder = start.toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("tools/lab/lab"))) {
                return folder;
            }
        }
        throw new IllegalStateException("There is no tools/lab/lab in " + start + " or above it");
    }
}
