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
}
