package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccountNameTest {

    @ParameterizedTest
    @ValueSource(strings = {"alice", "_x", "a", "a-b_c9", "admin", "abcdefghijklmnopqrstuvwxyz012345" })
    void ordinaryNamesMayBeUsed(String name) {
        assertThat(AccountName.problemWith(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Alice", "9lives", "-rf", "a b", "a:b", "a\n", "../x", "$(id)", "ä", "a.b",
            "abcdefghijklmnopqrstuvwxyz0123456" })
    void otherNamesMayNot(String name) {
        assertThat(AccountName.problemWith(name)).hasValueSatisfying(
                problem -> assertThat(problem).contains("1 to 32 characters"));
    }

    @ParameterizedTest
    @CsvSource({"alice, alice", "admin, admin", "Bob@Example.com, bob-example-com", "a.b_c-d, a-b_c-d",
            "9lives, _9lives",
            "4711, _4711", "-x, _-x", "@home, _-home", "root, _root", "Root, _root", "docker, _docker", "Ärger, _-rger",
            "İx, i-x",
            "abcdefghijklmnopqrstuvwxyz0123456789, abcdefghijklmnopqrstuvwxyz012345",
            "9bcdefghijklmnopqrstuvwxyz0123456789, _9bcdefghijklmnopqrstuvwxyz01234" })
    void accountNameIsMadeOfTheUsersName(String user, String account) {
        assertThat(AccountName.madeOf(user)).isEqualTo(account);
        assertThat(AccountName.problemWith(account)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"root", "toor", "sudo", "wheel", "docker", "lxd" })
    void namesThatHaveOrMayGetTheRightsOfRootMayNot(String name) {
        assertThat(AccountName.problemWith(name)).hasValueSatisfying(
                problem -> assertThat(problem).contains("belongs to the system"));
    }
}
