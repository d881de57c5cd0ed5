package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FoundLabelsTest {

    @ParameterizedTest
    @CsvSource({"kernel, 6.1.0-13-amd64, 6.1.0-13-amd64", "os, debian, debian", "arch, x86_64, amd64",
            "arch, aarch64, arm64", "arch, riscv64, riscv64", "cores, 8, 8", "memory, 16303540, 16GiB",
            "memory, 8128000, 8GiB", "memory, 1004000, 1GiB", "memory, 262144, 256MiB", "memory, 524287, 512MiB",
            "memory, 524288, 1GiB" })
    void aFactBecomesALabel(String name, String fact, String value) {
        assertThat(FoundLabels.of(Map.of(name, fact))).isEqualTo(Map.of("mm/" + name, value));
    }

    @ParameterizedTest
    @CsvSource({"cores, 0", "cores, -1", "cores, 08", "cores, four", "cores, 1e9", "cores, 1234567890123456",
            "cores, ４",
            "memory, lots", "memory, 99999999999999999999", "kernel, -6", "kernel, 6+", "kernel, '6 1'", "kernel, ''",
            "os, ü", "os, a/b", "kernel, 1234567890123456789012345678901234567890123456789012345678901234",
            "user, root" })
    void aFactThatIsNotValidOrNotKnownIsLeftOut(String name, String fact) {
        assertThat(FoundLabels.of(Map.of(name, fact, "arch", "s390x"))).isEqualTo(Map.of("mm/arch", "s390x"));
    }

    @Test
    void aMachineThatTellsNothingHasNoLabels() {
        assertThat(FoundLabels.of(Map.of())).isEmpty();
    }
}
