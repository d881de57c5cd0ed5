package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostKeysTest {

    private static final String A = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";
    private static final String B = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICb9rHAkjbAvl5xHvESc87XnPmlY7KFjF4yFtrXVvGPC";

    @ParameterizedTest
    @ValueSource(strings = {A, A + " root@host", "10.0.0.1 " + A, "[10.0.0.1]:22221 " + A, "host,10.0.0.1 " + A + " x",
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + A,
            "# 10.0.0.1:22 SSH-2.0-OpenSSH_9.2\n10.0.0.1 " + A + "\n\n" + A + "\r\n" })
    void keysOfEachCommonFormatAreReadToTheSameForm(String text) {
        assertThat(HostKeys.parse(text)).isEqualTo(A);
    }

    @Test
    void severalKeysAreKeptSorted() {
        assertThat(HostKeys.parse(B + "\n" + A)).isEqualTo(A.compareTo(B) < 0 ? A + "\n" + B : B + "\n" + A);
        assertThat(HostKeys.of(HostKeys.parse(A + "\n" + B))).extracting(SshPublicKey::line)
                .containsExactlyInAnyOrder(A, B);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "# nothing", "rescan please", "@cert-authority * " + A, "@revoked host " + A,
            A + "\nnonsense", "host " + A + "\u0000", "a b " + A, "ssh-ed25519 AAAA", "host ssh-dss AAAA",
            "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQxAAAABHNzaDo=" })
    void otherTextIsRefused(String text) {
        assertThat(HostKeys.problemWith(text)).isPresent();
    }

    @Test
    void tooManyKeysAreRefused() {
        assertThat(HostKeys.problemWith((A + "\n").repeat(10))).isEmpty();
        assertThat(HostKeys.problemWith((A + "\n").repeat(11))).isPresent();
    }
}
