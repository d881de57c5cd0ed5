package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;

import io.machinemanager.account.Target;

/** A machine of a {@link Lab}, with access to its files and processes that does not use SSH. */
public final class LabMachine {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Lab lab;
    private final String name;
    private final String host;
    private final int port;
    private final String user;
    private final String password;

    LabMachine(Lab lab, JsonNode json) {
        this.lab = lab;
        this.name = json.get("name").asText();
        this.host = json.get("host").asText();
        this.port = json.get("port").asInt();
        this.user = json.get("user").asText();
        this.password = json.get("password").asText();
    }

    /** Its name, also its own host name. */
    public String name() {
        return name;
    }

    /** The loopback address. */
    public String host() {
        return host;
    }

    /** The port of its sshd. */
    public int port() {
        return port;
    }

    /** The user to log in with: root, or a user who may use sudo. */
    public String user() {
        return user;
    }

    /** The password of {@link #user()}. */
    public String password() {
        return password;
    }

    /** Its current host keys, one {@code type base64} on each line; {@link #wipe()} changes them. */
    public String hostKeys() {
        return StreamSupport.stream(lab.describe(name).get("hostKeys").spliterator(), false)
                .map(JsonNode::asText).collect(Collectors.joining("\n"));
    }

    /** The machine as account work takes it. */
    public Target target() {
        return new Target(name, host, port, user, password, hostKeys());
    }

    /** Tells whether it is running. */
    public boolean isRunning() {
        return lab.describe(name).get("pid").isNumber();
    }

    /** Ends all its processes, as a power cut would, and returns when they have ended. Its disk stays. */
    public void stop() {
        script("stop");
    }

    /** Starts it again with the same address and disk; returns when its sshd answers. */
    public void start() {
        script("start");
    }

    /** {@link #stop()} and {@link #start()}. */
    public void restart() {
        script("restart");
    }

    /** Replaces it by a new machine: an empty disk, new host keys, the same address and log-in. Returns when its sshd answers. */
    public void wipe() {
        script("wipe");
    }

    /** Runs a command inside as root. */
    public CommandResult exec(String... command) {
        var pid = lab.describe(name).get("pid");
        if (!pid.isNumber()) {
            return new CommandResult(1, "", name + " is not running");
        }
        // As `lab exec` does it, without the processes that the script starts for each call.
        var words = new ArrayList<>(List.of("nsenter", "--target", pid.asText(), "--mount", "--uts", "--ipc", "--pid",
                "--root", "--wd", "/usr/bin/env", "-i", "PATH=" + PATH, "HOME=/root"));
        words.addAll(List.of(command));
        return CommandResult.of(new ProcessBuilder(words), LIMIT);
    }

    /** Replaces the sshd settings that a test has added and restarts sshd. Open connections stay. */
    public void setSshd(String settings) {
        exec("sh", "-c", """
                printf '%s\\n' "$1" > /etc/ssh/sshd_config.d/a.conf
                old=$(cat /run/sshd.pid)
                kill "$old"
                until new=$(cat /run/sshd.pid) && [ -n "$new" ] && [ "$new" != "$old" ]; do sleep 0.1; done""", "sh",
                settings);
    }

    /** Puts a shell script of this name into the first folder of the machine's PATH, in front of the real command. */
    public void fake(String command, String script) {
        String path = "/usr/local/sbin/" + command;
        exec("sh", "-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > " + path + "; chmod 755 " + path, "sh", script);
    }

    /** Removes all scripts of {@link #fake}. */
    public void endFakes() {
        exec("sh", "-c", "rm -f /usr/local/sbin/*");
    }

    /** Tells whether there is an account of this name. */
    public boolean passwdHas(String account) {
        return uidOf(account).isPresent();
    }

    /** The uid of an account, while it exists. */
    public OptionalInt uidOf(String account) {
        return lines("/etc/passwd").stream().map(line -> line.split(":")).filter(fields -> fields[0].equals(account))
                .mapToInt(fields -> Integer.parseInt(fields[2])).findFirst();
    }

    /** Tells whether there is a home folder of this name. */
    public boolean homeExists(String account) {
        return Files.exists(path("/home/" + account));
    }

    /** The processes of an account; empty when there is no such account. */
    public List<String> processesOf(String account) {
        var uid = uidOf(account);
        return uid.isPresent() ? processesOf(uid.getAsInt()) : List.of();
    }

    /**
     * The processes of a uid whose account may be gone; each as {@code pid name}, with the pid inside the machine. One that
     * is dead and waits for its parent (a zombie) is none.
     */
    public List<String> processesOf(int uid) {
        var found = new ArrayList<String>();
        try (var folders = Files.newDirectoryStream(path("/proc"), "[0-9]*")) {
            for (var folder : folders) {
                processIn(folder, uid, found);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static void processIn(Path folder, int uid, List<String> found) throws IOException {
        List<String> status;
        try {
            // The name may have any bytes.
            status = Files.readAllLines(folder.resolve("status"), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return; // it has just ended
        } catch (IOException e) {
            if (Files.exists(folder)) {
                throw e;
            }
            return; // it ended while its status was read
        }
        // Real, effective, saved and file system uid: a process belongs to the account if any of them does.
        var owners = status.stream().filter(line -> line.startsWith("Uid:")).findFirst().orElse("").split("\\s+");
        boolean dead = status.stream().anyMatch(line -> line.matches("State:\\s+[ZX].*"))
                && status.contains("Threads:\t1");
        if (!dead && List.of(owners).contains(Integer.toString(uid))) {
            found.add(folder.getFileName() + " " + status.getFirst().substring("Name:".length()).strip());
        }
    }

    /** The lines of a text file inside, by its absolute path. The path must not contain an absolute symbolic link. */
    public List<String> lines(String file) {
        try {
            return Files.readAllLines(path(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The path on this host of a path inside the machine; valid until the machine stops. */
    public Path path(String inside) {
        var root = lab.describe(name).get("root");
        if (!root.isTextual()) {
            throw new IllegalStateException(name + " is not running");
        }
        return Path.of(root.asText() + inside);
    }

    private void script(String command) {
        Lab.script(List.of(command, lab.directory().toString(), name));
    }

    @Override
    public String toString() {
        return name + " (" + host + ":" + port + ")";
    }
}
