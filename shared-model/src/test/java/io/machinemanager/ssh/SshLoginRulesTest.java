package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SshLoginRulesTest {

    @Test
    void portsAreThoseOfTcp() {
        assertThat(SshLoginRules.problemWithPort(1)).isEmpty();
        assertThat(SshLoginRules.problemWithPort(65535)).isEmpty();
        assertThat(SshLoginRules.problemWithPort(0)).isPresent();
        assertThat(SshLoginRules.problemWithPort(65536)).isPresent();
        assertThat(SshLoginRules.problemWithPort(-22)).isPresent();
    }

    @Test
    void usersOfMachinesCannotBeTakenForOptions() {
        assertThat(SshLoginRules.problemWithUser("root")).isEmpty();
        assertThat(SshLoginRules.problemWithUser("_Admin.1-x")).isEmpty();
        for (String user : new String[]{"", "-l", "1a", "a b", "a@b", "a\n", "x".repeat(33) }) {
            assertThat(SshLoginRules.problemWithUser(user)).as(user).isPresent();
        }
    }

    @Test
    void passwordsOfMachinesAreAnyTextOfOneLine() {
        assertThat(SshLoginRules.problemWithPassword("{{ 7 * 7 }} \"'$(id)` ü")).isEmpty();
        assertThat(SshLoginRules.problemWithPassword("x".repeat(256))).isEmpty();
        for (String password : new String[]{"", "a\nb", "a\u0000", "a\u007f", "half a \uD83D", "x".repeat(257) }) {
            assertThat(SshLoginRules.problemWithPassword(password)).isPresent();
        }
    }
}
