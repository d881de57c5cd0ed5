package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

class BackOffTest {

    private static BackOff drawing(double random) {
        return new BackOff(Duration.ofSeconds(10), Duration.ofMinutes(10), () -> random);
    }

    @Test
    void pausesDoubleUpToTheLongest() {
        assertThat(drawing(0).after(1)).hasSeconds(10);
        assertThat(drawing(0).after(2)).hasSeconds(20);
        assertThat(drawing(0).after(7)).hasSeconds(600);
        assertThat(drawing(0).after(10_000)).hasSeconds(600);
    }

    @Test
    void chanceTakesAwayUpToHalf() {
        assertThat(drawing(0.5).after(1)).hasMillis(7_500);
        assertThat(drawing(0.999).after(1)).isBetween(Duration.ofSeconds(5), Duration.ofMillis(5_010));
    }
}
