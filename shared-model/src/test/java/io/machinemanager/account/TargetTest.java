package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TargetTest {

    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbJ";

    @Test
    void valuesThatSshCouldMisreadAreRefused() {
        assertThat(new Target("m", "_h", 22, "root", "x", KEY).problem()).isEmpty();
        assertThat(new Target("m", "-oProxyCommand=id", 22, "root", "x", KEY).problem())
                .isPresent();
        assertThat(new Target("m", "a b", 22, "root", "x", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 0, "root", "x", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root\"", "x", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 22, "-v", "x", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root", "x\ny", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root", "", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root", "\uD83D", KEY).problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root", "x", "").problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root", "x", "* ssh-rsa AAAA").problem()).isPresent();
        assertThat(new Target("m", "h", 22, "root", "x", null).problem()).isPresent();
    }
}
