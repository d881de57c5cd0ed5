package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

class BoundedOutputTest {

    @Test
    void whatIsBeyondTheLimitIsPassedOver() {
        BoundedOutput output = new BoundedOutput(5);

        output.writeBytes("abc".getBytes(StandardCharsets.US_ASCII));
        output.writeBytes("defg".getBytes(StandardCharsets.US_ASCII));
        output.write('h');

        assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("abcde");
    }
}
