package io.machinemanager.account.ssh;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.process.ProgramOutput;
import io.machinemanager.ssh.SshPrivateKey;
import io.machinemanager.ssh.SshPublicKey;

/** Checks with {@code ssh-keygen(1)} whether a text is a private key that ssh can use. */
@ApplicationScoped
public class PrivateKeyReader {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /**
     * Says why a text cannot be used as a private key. Starts a process, which gets the key through a pipe, and waits for
     * it, at most ten seconds.
     *
     * @return one sentence without any of the key; empty when the key can be used
     */
    public Optional<String> problemWith(String text) {
        return SshPrivateKey.problemWith(text).or(() -> problemWithPublicKey(SshPrivateKey.normalise(text)));
    }

    private static Optional<String> problemWithPublicKey(String privateKey) {
        try {
            SshPublicKey.parse(publicKey(privateKey));
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of("The private key cannot be used: " + e.getMessage());
        } catch (IOException e) {
            return Optional.of("The private key cannot be used: ssh-keygen does not read it.");
        }
    }

    private static String publicKey(String privateKey) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("ssh-keygen", "-y", "-P", "", "-f", "/dev/stdin")
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        ProgramOutput.cleanEnvironment(builder.environment());
        String line = ProgramOutput.of(builder.start(), privateKey, TIMEOUT);
        if (line.isBlank()) {
            throw new IOException("no public key");
        }
        return line;
    }
}
