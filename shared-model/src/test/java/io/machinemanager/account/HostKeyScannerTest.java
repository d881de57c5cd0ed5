package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.Lab;

class HostKeyScannerTest {

    private static final Duration LIMIT = Duration.ofSeconds(2);
    private final HostKeyScanner scanner = new HostKeyScanner();

    @Test
    void keysAreThoseOfTheMachine() {
        try (var lab = Lab.start(1)) {
            var machine = lab.machine(0);

            assertThat(scanner.scan(machine.host(), machine.port(), LIMIT).orElseThrow().lines())
                    .containsExactlyElementsOf(Arrays.stream(machine.hostKeys().split("\n")).sorted().toList());
        }
    }

    @Test
    void machineThatDoesNotAnswerHasNone() throws IOException {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            assertThat(scanner.scan("127.0.0.1", silent.getLocalPort(), LIMIT)).isEmpty();
        }
        assertThat(scanner.scan("127.0.0.1", 1, LIMIT)).isEmpty();
        assertThat(scanner.scan("::1", 1, LIMIT)).isEmpty();
        assertThat(scanner.scan("nowhere.invalid", 22, LIMIT)).isEmpty();
        assertThat(scanner.scan("-f/etc/passwd", 22, LIMIT)).isEmpty();
    }
}
