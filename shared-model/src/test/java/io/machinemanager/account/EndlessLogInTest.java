package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.ssh.SshDriver;

/** A machine that goes on sending and never comes to the point keeps nobody busy for longer than a dead one. */
@Timeout(30)
class EndlessLogInTest {

    private final SshDriver driver = new SshDriver(TestSettings.in(Path.of("target"))
            .withConnectTimeout(Duration.ofSeconds(1)).withHealthTimeout(Duration.ofSeconds(1)).withMaxConnections(1));
    private final AccountWork work = new AccountWork(driver);
    private ServerSocket machine;

    @BeforeEach
    void startMachine() throws IOException {
        machine = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::sendForEver);
    }

    @AfterEach
    void stop() throws IOException {
        machine.close();
        driver.close();
    }

    /** Lines before the version are allowed (RFC 4253, 4.2); each restarts a limit that is on reading. */
    private void sendForEver() {
        while (!machine.isClosed()) {
            try (Socket client = machine.accept()) {
                while (!machine.isClosed()) {
                    client.getOutputStream().write("x\r\n".getBytes(StandardCharsets.US_ASCII));
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
                }
            } catch (IOException e) {
                // the client has had enough
            }
        }
    }

    private Target target() {
        return new Target("m1", "127.0.0.1", machine.getLocalPort(), "root", "secret",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnFnVCGkBs4lWvQyMIJTrgDJJdBz1tLzr5WEBH2HQQp");
    }

    @Test
    void workTimesOutAndTheNextTaskRuns() {
        AccountResult tooLate = new AccountResult(Outcome.UNREACHABLE, "The machine does not answer in time.");

        assertThat(work.result(AccountWork.creation(target(), "alice", AccountWork.newToken()))).isEqualTo(tooLate);
        assertThat(work.result(AccountTask.probe(target()))).isEqualTo(tooLate);
    }
}
