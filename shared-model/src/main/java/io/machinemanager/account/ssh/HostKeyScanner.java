package io.machinemanager.account.ssh;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.process.ProgramOutput;

/** Asks a machine for its SSH host keys. */
@ApplicationScoped
public class HostKeyScanner {

    private static final Duration MARGIN = Duration.ofSeconds(2);

    /**
     * Asks a machine for its SSH host keys, without logging in.
     *
     * @param host a DNS name or an IP literal
     * @param port the port of its sshd
     * @param timeout how long to wait for an answer, at least a second
     * @return {@code type base64}, one key a line, sorted; nothing when the machine does not answer
     */
    public Optional<String> scan(String host, int port, Duration timeout) {
        long seconds = Math.max(1, timeout.toSeconds());
        ProcessBuilder keyscan = new ProcessBuilder("ssh-keyscan", "-T", Long.toString(seconds),
                "-p", Integer.toString(port), "-t", "ed25519,ecdsa,rsa", "--", host)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        ProgramOutput.cleanEnvironment(keyscan.environment());
        try {
            // Its own limit does not count while it waits for an answer of the name service.
            String keys = ProgramOutput.of(keyscan.start(), "", Duration.ofSeconds(seconds).plus(MARGIN)).lines()
                    .filter(line -> !line.startsWith("#") && line.indexOf(' ') > 0)
                    .map(line -> line.substring(line.indexOf(' ') + 1)).sorted()
                    .collect(Collectors.joining("\n"));
            return keys.isEmpty() ? Optional.empty() : Optional.of(keys);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
