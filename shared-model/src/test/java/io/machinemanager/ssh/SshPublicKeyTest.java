package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests with keys of ssh-keygen, and with the fingerprints that it shows. */
class SshPublicKeyTest {

    private static final String ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"ed25519,256", "ecdsa,256", "ecdsa,384", "ecdsa,521", "rsa,2048", "rsa,3072" })
    void keysOfSshKeygenAreAcceptedWithoutTheirComment(String type, String bits) throws IOException {
        String line = keygen(type, bits);
        SshPublicKey key = SshPublicKey.parse(line + "\n");

        assertThat(line).startsWith(key.line() + " ");
        assertThat(key.line()).doesNotContain("somebody");
        assertThat(run("ssh-keygen", "-l", "-f", folder.resolve("key.pub").toString())).contains(key.fingerprint());
    }

    @Test
    void weakRsaKeysAreRefusedWithTheirSize() throws IOException {
        String line = keygen("rsa", "1024");

        assertThatThrownBy(() -> SshPublicKey.parse(line)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1024 bits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ssh-ed25519", "ssh-ed25519 ", "AAAA", "ssh-ed25519 AAAA", "ssh-ed25519 A=A",
            // options, other lines, a comment with another line
            "command=\"id\" " + ED25519, "no-pty " + ED25519, "cert-authority " + ED25519,
            ED25519 + "\n" + ED25519, ED25519 + " x\nssh-rsa AAAA", ED25519 + "\r* x", ED25519 + " \u2028x",
            ED25519 + "\u0000", "$(id) " + ED25519, "# " + ED25519,
            // another type than that of the key, and types that are not safe
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx",
            "ssh-dss AAAAB3NzaC1kc3MAAAAA", "ssh-ed25519-cert-v01@openssh.com AAAA" })
    void textThatIsNotOneKeyIsRefused(String line) {
        assertThatThrownBy(() -> SshPublicKey.parse(line)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void truncatedOrLongerKeysAreRefused() {
        byte[] blob = Base64.getDecoder().decode(ED25519.split(" ")[1]);
        for (int length = 0; length < blob.length + 4; length++) {
            String key = "ssh-ed25519 " + Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(blob, length));
            if (length != blob.length) {
                assertThatThrownBy(() -> SshPublicKey.parse(key)).as("%d bytes", length)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    private String keygen(String type, String bits) throws IOException {
        Path file = folder.resolve("key");
        run("ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-C", "somebody @ somewhere", "-f", file.toString());
        return Files.readString(folder.resolve("key.pub")).strip();
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes());
    }
}
