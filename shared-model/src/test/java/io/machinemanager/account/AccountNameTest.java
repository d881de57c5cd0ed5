package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccountNameTest {

    @ParameterizedTest
    @ValueSource(strings = {"alice", "_x", "a", "a-b_c9", "abcdefghijklmnopqrstuvwxyz012345" })
    void ordinaryNamesMayBeUsed(String name) {
        assertThat(AccountName.problemWith(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Alice", "9lives", "-rf", "a b", "a:b", "a\n", "../x", "$(id)", "ä", "a.b",
            "abcdefghijklmnopqrstuvwxyz0123456" })
    void namesOfAnotherFormMayNot(String name) {
        assertThat(AccountName.problemWith(name)).hasValueSatisfying(
                problem -> assertThat(problem).contains("1 to 32 characters"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"root", "daemon", "nobody", "sshd", "sudo", "wheel", "docker", "lxd" })
    void namesOfTheSystemMayNot(String name) {
        assertThat(AccountName.problemWith(name)).hasValueSatisfying(
                problem -> assertThat(problem).contains("belongs to the system"));
    }
}
