package io.machinemanager.account.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.Target;
import io.machinemanager.account.ssh.SshConnections.BorrowedConnection;

/** A connection that is opened ahead of need has its place in the pool before it is open. */
class SshConnectionsTest {

    private final SshConnections connections = new SshConnections(3, Duration.ofMinutes(5));

    private static Target machine(String name) {
        return new Target(name, "127.0.0.1", 22, "root", "secret", "ssh-ed25519 AAAA");
    }

    @Test
    void prewarmingStaysWithinTheLimit() {
        connections.acquire(machine("a"));
        connections.acquire(machine("b"));

        assertThat(connections.acquireAhead(machine("c"))).isPresent();
        assertThat(connections.acquireAhead(machine("d"))).isEmpty();
        assertThat(connections.acquireAhead(machine("e"))).isEmpty();
    }

    @Test
    void failedBorrowFreesItsPlace() {
        connections.acquire(machine("a"));
        connections.acquire(machine("b"));
        connections.acquireAhead(machine("c")).ifPresent(BorrowedConnection::close);

        assertThat(connections.acquireAhead(machine("d"))).isPresent();
    }

    @Test
    void machineInUseIsNotPrewarmed() {
        connections.acquire(machine("a"));

        assertThat(connections.acquireAhead(machine("a"))).isEmpty();
    }

    @Test
    void nothingIsPrewarmedAfterTheShutdown() {
        connections.close();

        assertThat(connections.acquireAhead(machine("a"))).isEmpty();
    }
}
