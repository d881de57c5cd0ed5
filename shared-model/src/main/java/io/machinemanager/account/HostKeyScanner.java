package io.machinemanager.account;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;

/** Asks a machine for its SSH host keys. */
@ApplicationScoped
public class HostKeyScanner {

    /**
     * Asks a machine for its SSH host keys, without logging in.
     *
     * @param host a DNS name or an IP literal
     * @param port the port of its sshd
     * @param timeout how long to wait for an answer, at least a second
     * @return {@code type base64}, one key a line, sorted; nothing when the machine does not answer
     */
    public Optional<String> scan(String host, int port, Duration timeout) {
        ProcessBuilder keyscan = new ProcessBuilder("ssh-keyscan", "-T",
                Long.toString(Math.max(1, timeout.toSeconds())),
                "-p", Integer.toString(port), "-t", "ed25519,ecdsa,rsa", "--", host)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        try {
            Process process = keyscan.start();
            String keys = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#")).map(line -> line.substring(line.indexOf(' ') + 1)).sorted()
                    .collect(Collectors.joining("\n"));
            return keys.isEmpty() ? Optional.empty() : Optional.of(keys);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
