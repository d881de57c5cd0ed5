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

/** A machine of a {@link Lab}, and a way to look into it that does not use SSH. */
public final class LabMachine {

    private static final Duration LIMIT = Duration.ofMinutes(1);

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

    /** The user to log in with: root, or one who may use sudo. */
    public String user() {
        return user;
    }

    /** The password of {@link #user()}. */
    public String password() {
        return password;
    }

    /** Its host keys now, one {@code type base64} a line; they change with {@link #wipe()}. */
    public String hostKeys() {
        return StreamSupport.stream(lab.describe(name).get("hostKeys").spliterator(), false)
                .map(JsonNode::asText).collect(Collectors.joining("\n"));
    }

    /** The machine as account work takes it. */
    public Target target() {
        return new Target(name, host, port, user, password, hostKeys());
    }

    /** Tells whether it has power. */
    public boolean isRunning() {
        return lab.describe(name).get("pid").isNumber();
    }

    /** Cuts its power; returns when nothing of it runs any more. Its disk stays. */
    public void stop() {
        script("stop");
    }

    /** Brings it back at the same address with the same disk; returns when its sshd answers. */
    public void start() {
        script("start");
    }

    /** {@link #stop()} and {@link #start()}. */
    public void restart() {
        script("restart");
    }

    /** Puts a new machine at the address: an empty disk, new host keys, the same log-in. Returns when its sshd answers. */
    public void wipe() {
        script("wipe");
    }

    /** Runs a command inside as root. */
    public CommandResult exec(String... command) {
        var arguments = new ArrayList<>(List.of("exec", lab.directory().toString(), name));
        arguments.addAll(List.of(command));
        return CommandResult.of(Lab.scriptCommand(arguments), LIMIT);
    }

    /** Replaces the settings of its sshd that a test has added; returns when they hold. Open connections stay. */
    public void setSshd(String settings) {
        exec("sh", "-c", """
                printf '%s\\n' "$1" > /etc/ssh/sshd_config.d/a.conf
                old=$(cat /run/sshd.pid)
                kill "$old"
                until new=$(cat /run/sshd.pid) && [ -n "$new" ] && [ "$new" != "$old" ]; do sleep 0.1; done""", "sh",
                settings);
    }

    /** Puts a shell script before a command of the machine, for all who look for it by its name. */
    public void fake(String command, String script) {
        String path = "/usr/local/sbin/" + command;
        exec("sh", "-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > " + path + "; chmod 755 " + path, "sh", script);
    }

    /** Takes all of these away. */
    public void endFakes() {
        exec("sh", "-c", "rm -f /usr/local/sbin/*");
    }

    /** Tells whether there is an account of this name. */
    public boolean passwdHas(String account) {
        return uidOf(account).isPresent();
    }

    /** The number of an account, while it exists. */
    public OptionalInt uidOf(String account) {
        return lines("/etc/passwd").stream().map(line -> line.split(":")).filter(fields -> fields[0].equals(account))
                .mapToInt(fields -> Integer.parseInt(fields[2])).findFirst();
    }

    /** Tells whether there is a home folder of this name. */
    public boolean homeExists(String account) {
        return Files.exists(path("/home/" + account));
    }

    /** What runs under an account; empty when there is no such account. */
    public List<String> processesOf(String account) {
        var uid = uidOf(account);
        return uid.isPresent() ? processesOf(uid.getAsInt()) : List.of();
    }

    /** What runs under the number of an account that may have gone; each as {@code pid name}, by the machine's own count. */
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
            return; // it ended while we read
        }
        // Real, effective, saved and file system number: a process is the account's if any of them is.
        var owners = status.stream().filter(line -> line.startsWith("Uid:")).findFirst().orElse("").split("\\s+");
        if (List.of(owners).contains(Integer.toString(uid))) {
            found.add(folder.getFileName() + " " + status.getFirst().substring("Name:".length()).strip());
        }
    }

    /** The lines of a text file inside, given by its absolute path, which must not lead over an absolute link. */
    public List<String> lines(String file) {
        try {
            return Files.readAllLines(path(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A path inside the running machine as seen from outside; good until it stops. */
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
