package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SshPublicKeysTest {

    @Test
    void linesAreReadInTheirOrderWithoutCommentsAndEachOnce() {
        assertThat(
                SshPublicKeys.parse("# laptop\n %s alice@laptop\r\n\n%s\n%s other\n".formatted(key(2), key(1), key(2))))
                .isEqualTo(key(2) + "\n" + key(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "# ssh-ed25519 AAAA", "ssh-ed25519 AAAA", "no-pty KEY", "KEY\nssh-dss AAAA",
            "KEY\nKEY2", "KEY\u2028KEY", "KEY,KEY" })
    void anyLineThatIsNotAKeyIsRefused(String text) {
        assertThatThrownBy(() -> SshPublicKeys.parse(text.replace("KEY2", "x " + key(2)).replace("KEY", key(1))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tenKeysAreAcceptedAndElevenAreNot() {
        assertThat(SshPublicKeys.parse(keys(10))).isEqualTo(keys(10));
        assertThatThrownBy(() -> SshPublicKeys.parse(keys(11))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("At most 10 SSH public keys are accepted.");
    }

    @Test
    void keysThatTogetherAreTooLongAreRefused() {
        SshPublicKey large = new SshPublicKey("ssh-rsa", "A".repeat(2048));

        assertThat(SshPublicKeys.join(Collections.nCopies(3, large))).hasLineCount(3);
        assertThatThrownBy(() -> SshPublicKeys.join(Collections.nCopies(4, large)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("8192 characters");
        assertThatThrownBy(() -> SshPublicKeys.parse(key(1) + " " + "x".repeat(8192)))
                .hasMessageContaining("8192 characters");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nsecret", "PuTTY-User-Key-File-3: ssh-ed25519\nsecret",
            "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU" })
    void privateKeyIsRecognisedAndNotRepeated(String text) {
        for (String pasted : List.of(text, "\n  " + text, key(1) + "\n" + text)) {
            assertThatThrownBy(() -> SshPublicKeys.parse(pasted)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("This is a private key").message().doesNotContain("secret", "b3Bl");
        }
    }

    @Test
    void optionsAreNamedAsTheProblem() {
        for (String options : List.of("no-pty", "command=\"id -un\",no-pty", "from=\"10.0.0.1\"", "cert-authority")) {
            assertThatThrownBy(() -> SshPublicKeys.parse(options + " " + key(1)))
                    .hasMessageContaining("options in front of its type");
        }
    }

    private static String keys(int count) {
        return IntStream.range(0, count).mapToObj(SshPublicKeysTest::key).collect(Collectors.joining("\n"));
    }

    /** A key with these bytes, which nobody has the private key for. */
    private static String key(int number) {
        byte[] blob = Base64.getDecoder()
                .decode("AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx");
        blob[blob.length - 1] = (byte) number;
        return "ssh-ed25519 " + Base64.getEncoder().encodeToString(blob);
    }
}
