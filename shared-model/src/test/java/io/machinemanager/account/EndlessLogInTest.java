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

/** A machine that sends without end, but never logs in, is given up as fast as one that sends nothing. */
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

    /** Lines before the version are allowed (RFC 4253, section 4.2); each restarts a time limit for reading. */
    private void sendForEver() {
        while (!machine.isClosed()) {
            try (Socket client = machine.accept()) {
                while (!machine.isClosed()) {
                    client.getOutputStream().write("x\r\n".getBytes(StandardCharsets.US_ASCII));
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
                }
            } catch (IOException e) {
                // the client has closed the connection
            }
        }
    }

    @Test
    void workTimesOutAndTheNextTaskRuns() {
        AccountResult tooLate = new AccountResult(Outcome.UNREACHABLE, "The machine does not answer in time.");

        assertThat(work.result(AccountWork.creation(AccountWork.targetAt(machine), "alice", AccountWork.newToken())))
                .isEqualTo(tooLate);
        assertThat(work.result(AccountTask.probe(AccountWork.targetAt(machine)))).isEqualTo(tooLate);
    }
}
