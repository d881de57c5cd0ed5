package io.machinemanager.account.ssh;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.process.ProgramOutput;

/** Asks machines for their SSH host keys with {@code ssh-keyscan(1)}. */
@ApplicationScoped
public class HostKeyScanner {

    private static final Duration MARGIN = Duration.ofSeconds(2);

    /**
     * Asks a machine for its SSH host keys, without logging in.
     *
     * @param host a DNS name or an IP literal
     * @param port the port of its sshd, 1 to 65535
     * @param timeout how long to wait for an answer, in whole seconds, at least one; the call may take two seconds longer
     * @return {@code type base64}, one key a line, sorted; empty when the machine does not answer
     */
    public Optional<String> scan(String host, int port, Duration timeout) {
        long seconds = Math.max(1, timeout.toSeconds());
        ProcessBuilder keyscan = new ProcessBuilder("ssh-keyscan", "-T", Long.toString(seconds),
                "-p", Integer.toString(port), "-t", "ed25519,ecdsa,rsa", "--", host)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        ProgramOutput.cleanEnvironment(keyscan.environment());
        try {
            // The limit of ssh-keyscan does not cover the time that it waits for a name server.
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
