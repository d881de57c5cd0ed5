package io.machinemanager.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

import jakarta.ws.rs.WebApplicationException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyLimitTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4096, 65_536 })
    void aBodyOfAllowedSizeIsReadAsItIs(int size) throws IOException {
        assertThat(BodyLimit.read(new ByteArrayInputStream(new byte[size]), Duration.ofMinutes(1))).hasSize(size);
    }

    @Test
    void ofALargerOneAtLeastSoMuchIsReadThatItIsKnown() throws IOException {
        assertThat(BodyLimit.read(new ByteArrayInputStream(new byte[200_000]), Duration.ofMinutes(1)).length)
                .isGreaterThan(RequestLimits.MAX_BODY);
    }

    @Test
    void aBodyThatTricklesInEndlesslyIsGivenUp() {
        InputStream endless = new InputStream() {

            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] part, int offset, int length) {
                part[offset] = 'x';
                return 1;
            }
        };
        assertThatThrownBy(() -> BodyLimit.read(endless, Duration.ofNanos(1)))
                .isInstanceOf(WebApplicationException.class).hasMessageContaining("408");
    }
}
