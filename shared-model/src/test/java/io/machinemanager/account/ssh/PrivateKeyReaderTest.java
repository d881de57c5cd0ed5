package io.machinemanager.account.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateKeyReaderTest {

    private final PrivateKeyReader reader = new PrivateKeyReader();

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"ed25519,256,RFC4716", "rsa,2048,RFC4716", "rsa,2048,PEM", "rsa,2048,PKCS8", "ecdsa,256,PEM",
            "ecdsa,521,PKCS8" })
    void keysOfSshKeygenAreAccepted(String type, String bits, String format) throws IOException {
        String key = keygen("-t", type, "-b", bits, "-m", format, "-N", "");

        assertThat(reader.problemWith(key)).isEmpty();
        assertThat(reader.problemWith(key.replace("\n", "\r\n"))).isEmpty();
        assertThat(reader.problemWith("  " + key.strip())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RFC4716", "PEM", "PKCS8" })
    void keysWithAPassphraseAreRefusedForThat(String format) throws IOException {
        assertThat(reader.problemWith(keygen("-t", "rsa", "-b", "2048", "-m", format, "-N", "pass phrase")))
                .hasValueSatisfying(problem -> assertThat(problem).contains("has a passphrase"));
    }

    @Test
    void weakAndDamagedKeysAreRefusedWithoutBeingRepeated() throws IOException {
        assertThat(reader.problemWith(keygen("-t", "rsa", "-b", "1024", "-N", "")))
                .hasValueSatisfying(problem -> assertThat(problem).contains("1024 bits"));
        String key = keygen("-t", "ed25519", "-N", "");
        String line = key.lines().toList().get(2);
        assertThat(reader.problemWith(key.replace(line, line.substring(4))))
                .hasValueSatisfying(
                        problem -> assertThat(problem).contains("cannot be used").doesNotContain(line.substring(4)));
        assertThat(reader.problemWith(Files.readString(folder.resolve("key.pub")))).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\n\u0000\n-----END PRIVATE KEY-----", "$(id)\n-----BEGIN PRIVATE KEY-----\n" })
    void otherTextIsRefused(String text) {
        assertThat(reader.problemWith(text)).isPresent();
    }

    private String keygen(String... options) throws IOException {
        Path file = folder.resolve("key");
        Files.deleteIfExists(file);
        List<String> command = new ArrayList<>(List.of("ssh-keygen", "-q", "-f", file.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        assertThat(new String(process.getInputStream().readAllBytes())).isEmpty();
        return Files.readString(file);
    }
}
