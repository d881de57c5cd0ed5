package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

import io.machinemanager.account.Target;

/** A Debian server that systemd has booted, in a container of systemd-nspawn that has the network of this host. */
public final class SystemdMachine implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String PASSWORD = "the password of root";

    private final Path root;
    private final int port;
    private Process process;

    private SystemdMachine(Path root, int port) {
        this.root = root;
        this.port = port;
    }

    /** Boots a new machine; returns when its sshd answers. */
    public static SystemdMachine boot() {
        try {
            int port = freePort();
            Path root = Files.createTempDirectory("systemd-machine-").resolve("root");
            run("cp", "--archive", Lab.buildSystemd().toString(), root.toString());
            run("chroot", root.toString(), "ssh-keygen", "-A");
            run("sh", "-c", "printf 'root:%s\n' \"$1\" | chroot \"$2\" chpasswd", "sh", PASSWORD, root.toString());
            Files.writeString(root.resolve("etc/ssh/sshd_config.d/port.conf"),
                    "Port %d%nListenAddress 127.0.0.1%n".formatted(port));
            SystemdMachine machine = new SystemdMachine(root, port);
            machine.start();
            return machine;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void start() throws IOException {
        process = new ProcessBuilder("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--directory=" + root,
                "--machine=" + root.getParent().getFileName(), "--boot").redirectErrorStream(true)
                .redirectOutput(root.resolveSibling("boot.log").toFile())
                .redirectInput(Path.of("/dev/null").toFile()).start();
        Awaitility.await().atMost(LIMIT).until(() -> exec("true").succeeded());
    }

    /** Shuts it down and boots it again. */
    public void reboot() {
        powerOff();
        try {
            start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void powerOff() {
        exec("systemctl poweroff");
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The machine as account work takes it. */
    public Target target() {
        try (Stream<Path> keys = Files.list(root.resolve("etc/ssh"))) {
            return new Target("systemd", "127.0.0.1", port, "root", PASSWORD,
                    keys.filter(file -> file.toString().endsWith(".pub")).map(SystemdMachine::key)
                            .collect(Collectors.joining("\n")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String key(Path file) {
        try {
            String[] words = Files.readString(file, StandardCharsets.US_ASCII).split(" ");
            return words[0] + " " + words[1];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command line as root. */
    public CommandResult exec(String line) {
        return as("root", PASSWORD, line);
    }

    /** Runs a command line after a log-in; the status is 255 or 5 when there is none. */
    public CommandResult as(String account, String password, String line) {
        ProcessBuilder ssh = new ProcessBuilder("sshpass", "-e", "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", "-o",
                "ConnectTimeout=5", "-p", Integer.toString(port), account + "@127.0.0.1", line);
        ssh.environment().putAll(Map.of("SSHPASS", password));
        return CommandResult.of(ssh, LIMIT);
    }

    private static void run(String... command) {
        CommandResult result = CommandResult.of(new ProcessBuilder(List.of(command)), LIMIT);
        if (!result.succeeded()) {
            throw new IllegalStateException(result.errors());
        }
    }

    /** Shuts it down and removes its disk. */
    @Override
    public void close() {
        powerOff();
        run("rm", "-rf", "--one-file-system", root.getParent().toString());
    }
}
