package io.machinemanager.account.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

class BoundedOutputTest {

    @Test
    void lastBytesAreKept() {
        BoundedOutput output = new BoundedOutput(5);

        output.writeBytes("abc".getBytes(StandardCharsets.US_ASCII));
        output.writeBytes("defg".getBytes(StandardCharsets.US_ASCII));
        output.write('h');
        assertThat(output.toString(StandardCharsets.US_ASCII)).hasSizeLessThanOrEqualTo(10).endsWith("defgh");

        output.writeBytes("0123456789".repeat(1000).getBytes(StandardCharsets.US_ASCII));
        assertThat(output.toString(StandardCharsets.US_ASCII)).hasSizeLessThanOrEqualTo(10).endsWith("56789");
    }
}
