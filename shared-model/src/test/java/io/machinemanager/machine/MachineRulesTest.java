package io.machinemanager.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MachineRulesTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "7", "alpine-1", "A.b_c-d" })
    void namesOfMachines(String name) {
        assertThat(MachineName.problemWith(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", ".a", "_a", "a b", "a/b", "a\n", "ä", "a\u0000", "{{a}}" })
    void notNamesOfMachines(String name) {
        assertThat(MachineName.problemWith(name)).isPresent();
    }

    @Test
    void namesOfMachinesHaveAtMost63Characters() {
        assertThat(MachineName.problemWith("m".repeat(63))).isEmpty();
        assertThat(MachineName.problemWith("m".repeat(64))).isPresent();
    }

    @Test
    void portsAreThoseOfTcp() {
        assertThat(SshLogin.problemWithPort(1)).isEmpty();
        assertThat(SshLogin.problemWithPort(65535)).isEmpty();
        assertThat(SshLogin.problemWithPort(0)).isPresent();
        assertThat(SshLogin.problemWithPort(65536)).isPresent();
        assertThat(SshLogin.problemWithPort(-22)).isPresent();
    }

    @Test
    void usersOfMachinesCannotBeTakenForOptions() {
        assertThat(SshLogin.problemWithUser("root")).isEmpty();
        assertThat(SshLogin.problemWithUser("_Admin.1-x")).isEmpty();
        for (String user : new String[]{"", "-l", "1a", "a b", "a@b", "a\n", "x".repeat(33) }) {
            assertThat(SshLogin.problemWithUser(user)).as(user).isPresent();
        }
    }

    @Test
    void passwordsOfMachinesAreAnyTextOfOneLine() {
        assertThat(SshLogin.problemWithPassword("{{ 7 * 7 }} \"'$(id)` ü")).isEmpty();
        assertThat(SshLogin.problemWithPassword("x".repeat(256))).isEmpty();
        for (String password : new String[]{"", "a\nb", "a\u0000", "a\u007f", "x".repeat(257) }) {
            assertThat(SshLogin.problemWithPassword(password)).isPresent();
        }
    }
}
