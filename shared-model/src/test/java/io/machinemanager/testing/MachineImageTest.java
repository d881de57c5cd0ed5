package io.machinemanager.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import com.fasterxml.jackson.databind.node.ObjectNode;

import io.machinemanager.testing.Lab.Flavour;

/** How the image of {@code provision/image} runs sshd, on a machine of the lab in the place of a container. */
@Tag("machines")
class MachineImageTest {

    /** An sshd that knows penalties, and with the deep tests one that does not. */
    private static Stream<Flavour> flavours() {
        return Deep.isIncluded() ? Stream.of(Flavour.DEBIAN12, Flavour.DEBIAN) : Stream.of(Flavour.DEBIAN);
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void wrongLogInsDoNotShutOutTheAddressThatTheServiceShares(Flavour flavour) throws IOException {
        try (var lab = Lab.start(1, flavour, "--penalties")) {
            var machine = lab.machine(0);
            var container = start(lab, machine);

            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 10; i++) {
                    threads.submit(() -> new SshLogin(container, "root", "wrong").attempt());
                }
            }
            assertThat(new SshLogin(container, "root", machine.password()).attempt())
                    .isEqualTo(SshLogin.Outcome.ACCEPTED);
        }
    }

    @Test
    void theGuardRunsAgainAfterARestartOfTheContainer() throws IOException {
        try (var lab = Lab.start(1)) {
            var machine = lab.machine(0);
            machine.exec("sh", "-c", "mkdir /var/lib/machine-manager;"
                    + " echo 'echo runs >/tmp/guard' >/var/lib/machine-manager/guard");

            start(lab, machine);

            Awaitility.await().until(() -> machine.exec("cat", "/tmp/guard").output().equals("runs\n"));
        }
    }

    /** Runs the program of the image on a machine of the lab. */
    private static LabMachine start(Lab lab, LabMachine machine) throws IOException {
        for (var file : List.of("sshd_config", "start")) {
            Files.copy(Lab.root().resolve("provision/image").resolve(file), machine.path("/etc/ssh/" + file),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        // The keys of the machine, so that they are known.
        machine.exec("sh", "-c", "mkdir /etc/ssh/keys; cd /etc/ssh; for type in ed25519 ecdsa; do"
                + " cp ssh_host_${type}_key keys/$type; done");
        var port = freePort();
        Lab.scriptCommand(List.of("exec", lab.directory().toString(), machine.name(), "sh", "/etc/ssh/start",
                "-p", Integer.toString(port)))
                .redirectErrorStream(true).redirectOutput(Path.of("/dev/null").toFile()).start();
        Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> banner(port),
                "SSH-2.0"::equals);
        return new LabMachine(lab, ((ObjectNode) lab.describe(machine.name())).put("port", port));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String banner(int port) throws IOException {
        try (var socket = new Socket("127.0.0.1", port)) {
            return new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII);
        }
    }
}
