package io.machinemanager.user;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShortMemoryTest {

    private final ShortMemory<String, Integer> memory = new ShortMemory<>(2);

    @Test
    void whatWasRememberedIsFoundUntilThereIsTooMuchOfIt() {
        memory.put("one", 1);
        memory.put("two", 2);
        assertThat(memory.get("one")).isEqualTo(1);

        memory.put("three", 3);

        assertThat(memory.get("one")).isNull();
        assertThat(memory.get("two")).isNull();
        assertThat(memory.get("three")).isEqualTo(3);
    }
}
