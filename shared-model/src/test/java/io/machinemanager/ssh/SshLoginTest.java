package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SshLoginTest {

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
        for (String password : new String[]{"", "a\nb", "a\u0000", "a\u007f", "half a \uD83D", "x".repeat(257) }) {
            assertThat(SshLogin.problemWithPassword(password)).isPresent();
        }
    }
}
