package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.awaitility.Awaitility;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Real SSH machines on loopback ports, made by {@code tools/lab/lab} out of Linux namespaces. Needs root. They end
 * with {@link #close()}, and with this process at the latest.
 */
public final class Lab implements AutoCloseable {

    /** The system of the machines. */
    public enum Flavour {
        /** A Debian 11 server, which has the oldest tools that are tested: shadow 4.8, OpenSSH 8.4. */
        DEBIAN11,
        /** A Debian 12 server. */
        DEBIAN12,
        /** A Debian 13 server with useradd, procps, cron and at. */
        DEBIAN,
        /** A server with Debian's testing distribution, which has the newest tools. */
        DEBIAN_TESTING,
        /** A busybox system like Alpine: adduser and deluser, ash, no bash. */
        BUSYBOX;

        private String option() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    // The first start makes the root file system. That takes a minute or two, and much longer on a busy host.
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final ObjectMapper JSON = new ObjectMapper();

    static {
        // What a machine does takes long on a busy host.
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }

    private final Path directory;
    private final List<LabMachine> machines;

    private Lab(Path directory) {
        this.directory = directory;
        this.machines = read().stream().map(json -> new LabMachine(this, json)).toList();
    }

    /** Starts Debian machines with root as the user to log in with. */
    public static Lab start(int machines) {
        return start(machines, Flavour.DEBIAN);
    }

    /**
     * Starts machines and waits until they answer.
     *
     * @param machines how many, 1 to 999
     * @param flavour their system
     * @param options further options of {@code lab up}, such as {@code "--ssh-user", "admin"}
     * @throws IllegalStateException with the reason, if they do not start
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
     * @throws IllegalStateException with the reason, if it cannot be made
     */
    public static void build(Flavour flavour) {
        script(List.of("build", flavour.option()));
    }

    /** The root file system that systemd boots from, see {@link SystemdMachine}. */
    static Path buildSystemd() {
        return Path.of(CommandResult.of(scriptCommand(List.of("build", "systemd")), LIMIT).output().strip());
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

    /** The current state of a machine, from the file of the script: its process and host keys can change. */
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

    /** The root folder of the project. */
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
