package io.machinemanager.account.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.Lab;

@Tag("machines")
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

    @Test
    void secretsAreNotInTheEnvironmentOfThePrograms() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var worker = Executors.newSingleThreadExecutor()) {
            worker.submit(() -> scanner.scan("127.0.0.1", silent.getLocalPort(), LIMIT));
            try (var connection = silent.accept()) {
                assertThat(connection.isConnected()).isTrue();
                var program = ProcessHandle.current().children()
                        .filter(child -> child.info().command().orElse("").endsWith("ssh-keyscan")).findFirst()
                        .orElseThrow();
                var environment = Files.readString(Path.of("/proc", Long.toString(program.pid()), "environ"));

                assertThat(environment.split("\0")).extracting(variable -> variable.split("=")[0])
                        .containsExactlyInAnyOrder("PATH", "LANG", "LC_ALL");
            }
        }
    }
}
