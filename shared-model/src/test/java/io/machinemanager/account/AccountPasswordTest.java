package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccountPasswordTest {

    @ParameterizedTest
    @ValueSource(strings = {"secret", "{{ 7*7 }} $(id) '\"\\", "pässwörd €", "x" })
    void hashIsTheOneThatOpensslMakes(String password) throws IOException {
        String hash = AccountPassword.hash(password);

        assertThat(hash).matches("\\$6\\$[./0-9A-Za-z]{16}\\$[./0-9A-Za-z]{86}");
        String salt = hash.split("\\$")[2];
        Process openssl = new ProcessBuilder("openssl", "passwd", "-6", "-salt", salt, "-stdin")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (var input = openssl.getOutputStream()) {
            input.write((password + "\n").getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(openssl.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .isEqualTo(hash + "\n");
    }

    @Test
    void everyHashHasItsOwnSalt() {
        assertThat(AccountPassword.hash("secret")).isNotEqualTo(AccountPassword.hash("secret"));
    }

    @Test
    void generatedPasswordsAreLongPlainAndDifferent() {
        Set<String> passwords = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            passwords.add(AccountPassword.generate());
        }
        assertThat(passwords).hasSize(1000).allMatch(password -> password.matches("[a-zA-Z2-9]{20}"))
                .noneMatch(password -> password.matches(".*[lIO].*"))
                .allMatch(password -> AccountPassword.problemWith(password).isEmpty());
    }

    @Test
    void passwordsAreLimitedInLengthAndCharacters() {
        assertThat(AccountPassword.problemWith("x".repeat(128))).isEmpty();
        assertThat(AccountPassword.problemWith("pässwörd: €, 😀")).isEmpty();
        assertThat(AccountPassword.problemWith("")).isPresent();
        assertThat(AccountPassword.problemWith("x".repeat(129))).isPresent();
        assertThat(AccountPassword.problemWith("two\nlines")).isPresent();
        assertThat(AccountPassword.problemWith("nul\0")).isPresent();
        assertThat(AccountPassword.problemWith("half a character \uD83D")).isPresent();
    }
}
