package io.machinemanager.account.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.Target;
import io.machinemanager.account.ssh.SshConnections.Lease;

/** What is opened ahead of need takes up room from the moment when that is decided. */
class SshConnectionsTest {

    private final SshConnections connections = new SshConnections(3, Duration.ofMinutes(5));

    private static Target machine(String name) {
        return new Target(name, "127.0.0.1", 22, "root", "secret", "ssh-ed25519 AAAA");
    }

    @Test
    void prewarmingStaysWithinTheLimit() {
        connections.take(machine("a"));
        connections.take(machine("b"));

        assertThat(connections.takeAhead(machine("c"))).isPresent();
        assertThat(connections.takeAhead(machine("d"))).isEmpty();
        assertThat(connections.takeAhead(machine("e"))).isEmpty();
    }

    @Test
    void failedBorrowFreesItsPlace() {
        connections.take(machine("a"));
        connections.take(machine("b"));
        connections.takeAhead(machine("c")).ifPresent(Lease::close);

        assertThat(connections.takeAhead(machine("d"))).isPresent();
    }

    @Test
    void machineInUseIsNotPrewarmed() {
        connections.take(machine("a"));

        assertThat(connections.takeAhead(machine("a"))).isEmpty();
    }

    @Test
    void nothingIsPrewarmedAfterTheShutdown() {
        connections.close();

        assertThat(connections.takeAhead(machine("a"))).isEmpty();
    }
}
