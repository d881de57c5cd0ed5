package io.machinemanager.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserRulesTest {

    private record Config(String adminUsername, Optional<String> adminPassword, int bcryptCost) implements UserConfig {
    }

    private final PasswordHasher hasher = new PasswordHasher(new Config("admin", Optional.empty(), 4));

    @ParameterizedTest
    @ValueSource(strings = {"alice", "Alice", "7up", "_x", "alice@example.org", "a.b-c_d" })
    void namesOfUsers(String name) {
        assertThat(UserName.problemWith(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-a", ".a", "@a", "a b", "a/b", "a\n", "ä", "a\u0000", "a ", "alice\r\nadmin" })
    void notNamesOfUsers(String name) {
        assertThat(UserName.problemWith(name)).isPresent();
    }

    @Test
    void aNameHasAtMost64Characters() {
        assertThat(UserName.problemWith("x".repeat(64))).isEmpty();
        assertThat(UserName.problemWith("x".repeat(65))).isPresent();
    }

    @Test
    void aPasswordIsCountedInBytes() {
        assertThat(LoginPassword.problemWith("x".repeat(72))).isEmpty();
        assertThat(LoginPassword.problemWith("ü".repeat(36))).isEmpty();
        assertThat(LoginPassword.problemWith("x".repeat(73))).isPresent();
        assertThat(LoginPassword.problemWith("ü".repeat(37))).isPresent();
        assertThat(LoginPassword.problemWith("")).isPresent();
        assertThat(LoginPassword.problemWith("a\u0000b")).isPresent();
    }

    @Test
    void onlyThePasswordItselfMatches() {
        Optional<String> hash = Optional.of(hasher.hash("the password"));

        assertThat(hasher.matches("the password", hash)).isTrue();
        assertThat(hasher.matches("the passwor", hash)).isFalse();
        assertThat(hasher.matches("", hash)).isFalse();
        assertThat(hash.get()).startsWith("$2a$04$").isNotEqualTo(hasher.hash("the password"));
    }

    @Test
    void nothingMatchesWithoutAUser() {
        assertThat(hasher.matches("nobody", Optional.empty())).isFalse();
        assertThat(hasher.matches("", Optional.empty())).isFalse();
    }

    @Test
    void aPasswordTooLongIsRefusedAndNotCut() {
        String longest = "x".repeat(72);
        assertThat(hasher.matches(longest + "y", Optional.of(hasher.hash(longest)))).isFalse();
        assertThatThrownBy(() -> hasher.hash(longest + "y")).isInstanceOf(IllegalArgumentException.class);
    }
}
