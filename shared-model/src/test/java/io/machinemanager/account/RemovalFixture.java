package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** Tests of creations and removals on one Debian machine, some of whose commands they replace by others. */
abstract class RemovalFixture extends EachDriver {

    static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @AfterEach
    void removeFakes() {
        machine.endFakes();
    }

    static void fake(String command, String script) {
        machine.fake(command, script);
    }

    static void assertGone(String account) {
        assertThat(machine.passwdHas(account)).isFalse();
        assertThat(machine.homeExists(account)).isFalse();
        assertThat(Stream.of("shadow", "group", "gshadow", "subuid").map(name -> machine.path("/etc/" + name))
                .filter(Files::exists).flatMap(file -> machine.lines("/etc/" + file.getFileName()).stream()))
                .noneMatch(line -> line.startsWith(account + ":"));
        assertThat(login(machine, account).isRefused()).isTrue();
    }
}
