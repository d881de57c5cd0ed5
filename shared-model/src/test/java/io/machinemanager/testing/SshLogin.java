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
 * Logs in to a lab machine as a person would: with {@code ssh} and a password, over the network. The machine's host
 * keys are checked.
 *
 * @param machine where
 * @param account the name to log in with
 * @param password its password
 */
public record SshLogin(LabMachine machine, String account, String password) {

    /** What came of a try to log in. */
    public enum Outcome {
        /** A command ran under the account. */
        ACCEPTED,
        /** The machine answered, and does not let this account in with this password. */
        REFUSED,
        /** There was no log-in to be refused: no connection, another host key. */
        UNREACHABLE
    }

    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** Tries to log in and tells what came of it. */
    public Outcome attempt() {
        var result = run("echo logged-in");
        if (result.output().contains("logged-in")) {
            return Outcome.ACCEPTED;
        }
        // As sshpass and ssh say it: 5 is "the password was asked for again".
        return result.status() == 5 || result.errors().contains("Permission denied (")
                ? Outcome.REFUSED
                : Outcome.UNREACHABLE;
    }

    /** Tells whether one can log in. */
    public boolean works() {
        return attempt() == Outcome.ACCEPTED;
    }

    /** Tells whether the machine answers and refuses; false also when it cannot be reached. */
    public boolean isRefused() {
        return attempt() == Outcome.REFUSED;
    }

    /** Runs a command of the account's shell on the machine; the status is 255 if there was no log-in. */
    public CommandResult run(String command) {
        var knownHosts = knownHosts();
        try {
            return CommandResult.of(ssh(knownHosts, List.of("-T"), List.of(command)), LIMIT);
        } finally {
            delete(knownHosts);
        }
    }

    /**
     * Logs in with a terminal and stays.
     *
     * @return the session, whose shell has answered
     * @throws IllegalStateException if there was no log-in
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
