package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Logs in to a lab machine as a user would: with {@code ssh} and a password, over the network. It checks the host keys
 * of the machine.
 *
 * @param machine the machine to log in to
 * @param account the name to log in with
 * @param password its password
 */
public record SshLogin(LabMachine machine, String account, String password) {

    /** The outcome of a log-in. */
    public enum Outcome {
        /** A command ran under the account. */
        ACCEPTED,
        /** The machine answered and refused this account with this password. */
        REFUSED,
        /** The log-in was not tried: no connection, or another host key. */
        UNREACHABLE
    }

    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** Tries to log in. */
    public Outcome attempt() {
        var result = run("echo logged-in");
        if (result.output().contains("logged-in")) {
            return Outcome.ACCEPTED;
        }
        // sshpass ends with 5 when ssh asks for the password again.
        return result.status() == 5 || result.errors().contains("Permission denied (")
                ? Outcome.REFUSED
                : Outcome.UNREACHABLE;
    }

    /** Tells whether the log-in works. */
    public boolean works() {
        return attempt() == Outcome.ACCEPTED;
    }

    /** Tells whether the machine refuses the log-in; false also when it cannot be reached. */
    public boolean isRefused() {
        return attempt() == Outcome.REFUSED;
    }

    /** Runs a command in the account's shell on the machine; the status is 255 if the log-in failed. */
    public CommandResult run(String command) {
        var knownHosts = knownHosts();
        try {
            return CommandResult.of(ssh(knownHosts, List.of("-T"), List.of(command)), LIMIT);
        } finally {
            delete(knownHosts);
        }
    }

    /**
     * Logs in with a terminal and keeps the session open.
     *
     * @return the session, whose shell has answered
     * @throws IllegalStateException if the log-in failed
     */
    public SshSession open() {
        var knownHosts = knownHosts();
        try {
            return SshSession.start(ssh(knownHosts, List.of("-tt"), List.of()));
        } finally {
            delete(knownHosts);
        }
    }

    private ProcessBuilder ssh(Path knownHosts, List<String> options, List<String> command) {
        var words = new ArrayList<>(List.of("sshpass", "-e", "ssh", "-F", "none",
                "-o", "UserKnownHostsFile=" + knownHosts, "-o", "GlobalKnownHostsFile=none",
                "-o", "StrictHostKeyChecking=yes", "-o", "PreferredAuthentications=password",
                "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=10",
                "-o", "LogLevel=ERROR", "-o", "KexAlgorithms=curve25519-sha256",
                "-p", Integer.toString(machine.port()), "-l", account));
        words.addAll(options);
        words.add(machine.host());
        words.addAll(command);
        var builder = new ProcessBuilder(words);
        builder.environment().put("SSHPASS", password);
        return builder;
    }

    private Path knownHosts() {
        try {
            var lines = machine.hostKeys().lines()
                    .map(key -> "[%s]:%d %s".formatted(machine.host(), machine.port(), key))
                    .collect(Collectors.joining("\n", "", "\n"));
            return Files.writeString(Files.createTempFile("known-hosts-", ""), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves the password out. */
    @Override
    public String toString() {
        return account + " on " + machine;
    }
}
