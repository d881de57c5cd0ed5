package io.machinemanager.account;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.ssh.SshDriver;

/** A machine that sends garbage on its SSH port is unreachable; it causes no failure of the driver. */
@Timeout(30)
class GarbageLogInTest {

    private static final byte KEXINIT = 20;
    private static final byte NEWKEYS = 21;
    private static final byte KEX_REPLY = 31;
    private static final String COOKIE = "00".repeat(16);

    // RFC 4253, section 7.1: ten lists of names, then whether a guess follows, then a reserved number
    private static final byte[] GOOD_KEXINIT = packet(KEXINIT, COOKIE + Stream.of("curve25519-sha256", "ssh-ed25519",
            "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "")
            .map(names -> "%08x".formatted(names.length()) + HexFormat.of().formatHex(names.getBytes(US_ASCII)))
            .reduce("", String::concat) + "0000000000");

    private final SshDriver driver = new SshDriver(TestSettings.in(Path.of("target"))
            .withConnectTimeout(Duration.ofSeconds(5)).withHealthTimeout(Duration.ofSeconds(5)));
    private final AccountWork work = new AccountWork(driver);
    private ServerSocket machine;

    @BeforeEach
    void startMachine() throws IOException {
        machine = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void stop() throws IOException {
        machine.close();
        driver.close();
    }

    /** RFC 4253, section 6: packet length, padding length, payload, padding. */
    private static byte[] packet(byte type, String hex) {
        byte[] body = HexFormat.of().parseHex(hex);
        int padding = 8 + 7 - (4 + 1 + 1 + body.length + 7) % 8;
        return ByteBuffer.allocate(6 + body.length + padding).putInt(2 + body.length + padding).put((byte) padding)
                .put(type).put(body).array();
    }

    private static byte[] both(byte[] one, byte[] other) {
        return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
    }

    static Stream<Named<byte[]>> garbage() {
        return Stream.of(Named.of("nothing", new byte[0]),
                Named.of("zeros", new byte[4096]),
                Named.of("text", "220 mail.example.org ESMTP\r\n".repeat(100).getBytes(US_ASCII)),
                Named.of("ones", HexFormat.of().parseHex("ff".repeat(4096))),
                Named.of("an offer that ends early", packet(KEXINIT, "00".repeat(4))),
                Named.of("an offer with a list longer than it is", packet(KEXINIT, COOKIE + "7fffffff")),
                Named.of("an offer with a list of negative length", packet(KEXINIT, COOKIE + "ffffffff")),
                Named.of("no offer", packet((byte) 99, COOKIE)),
                Named.of("keys too early", packet(NEWKEYS, "")),
                Named.of("a key that ends early", both(GOOD_KEXINIT, packet(KEX_REPLY, "00000033"))),
                Named.of("a key longer than its packet", both(GOOD_KEXINIT, packet(KEX_REPLY, "7fffffff00"))));
    }

    @ParameterizedTest
    @MethodSource("garbage")
    void machineThatAnswersWithItIsUnreachable(byte[] garbage) {
        CompletableFuture<Void> answered = answerWith(garbage);

        AccountResult result = work.result(AccountTask.probe(AccountWork.targetAt(machine)));

        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.UNREACHABLE);
        assertThat(answered).as("the connection was closed").succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void reasonSaysWhatIsWrong() {
        answerWith(packet(KEXINIT, COOKIE + "7fffffff"));

        assertThat(work.result(AccountTask.probe(AccountWork.targetAt(machine))))
                .isEqualTo(new AccountResult(Outcome.UNREACHABLE,
                        "What answers on the machine's SSH port does not speak SSH properly."));
    }

    /** Completes when the client has closed the connection. */
    private CompletableFuture<Void> answerWith(byte[] garbage) {
        return CompletableFuture.runAsync(() -> {
            try (Socket client = machine.accept()) {
                client.getOutputStream().write("SSH-2.0-garbage\r\n".getBytes(US_ASCII));
                client.getOutputStream().write(garbage);
                client.shutdownOutput();
                client.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // the client has closed the connection
            }
        }, task -> Thread.ofVirtual().start(task));
    }
}
