package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

/**
 * A real MariaDB of its own on a free loopback port: the installed server on an empty data folder. It can be stopped,
 * started again and frozen. It ends with this JVM at the latest.
 */
public final class MariaDb implements AutoCloseable {

    private static final String DATABASE = "machine_manager";

    private final Path folder;
    private final int port;
    private final List<String> options;
    private final Thread hook = new Thread(this::end);
    private Process server;

    private MariaDb(Path folder, int port, List<String> options) {
        this.folder = folder;
        this.port = port;
        this.options = options;
    }

    /** Starts a server with an empty database that lets everybody in and do everything. */
    public static MariaDb start() {
        return startWith("--skip-grant-tables");
    }

    /** Starts a server with an empty database and further options, which minds who may do what unless they say otherwise. */
    public static MariaDb startWith(String... options) {
        try {
            Path folder = Files.createTempDirectory("mm-mariadb");
            MariaDb database = new MariaDb(folder, freePort(), List.of(options));
            // the server refuses to be root, and as another user it has to get at its folder
            folder.toFile().setExecutable(true, false);
            run(asServerUser("mariadb-install-db", "--no-defaults", "--datadir=" + folder.resolve("data"),
                    "--auth-root-authentication-method=normal", "--skip-test-db"));
            Runtime.getRuntime().addShutdownHook(database.hook);
            database.resume();
            database.query("create database " + DATABASE);
            return database;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the server again after {@link #stop}, on the same port and with the same data. */
    public void resume() {
        // When it starts it deletes temporary tables, in a shared folder those of others too.
        List<String> command = asServerUser("mariadbd", "--no-defaults", "--datadir=" + folder.resolve("data"),
                "--tmpdir=" + folder.resolve("data"),
                "--socket=" + socket(), "--port=" + port, "--bind-address=127.0.0.1",
                "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M",
                "--max-connections=400", "--pid-file=" + folder.resolve("data/pid"));
        command.addAll(options);
        try {
            server = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(100)).until(this::answers);
    }

    /** Ends the server in an orderly way. */
    public void stop() {
        server.destroy();
        server.onExit().join();
    }

    /** Lets the server neither answer nor end, as a stalled disk would; {@link #thaw} ends that. */
    public void freeze() {
        signal("STOP");
        // Its threads stop one after the other, and one that still runs may answer a last question.
        Awaitility.await().until(this::isFrozen);
    }

    private boolean isFrozen() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(server.pid()), "task"))) {
            for (Path thread : threads.toList()) {
                if (!Files.readString(thread.resolve("stat")).contains(") T ")) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Ends {@link #freeze}. */
    public void thaw() {
        signal("CONT");
    }

    /** The JDBC URL of the database; any user of {@link #start} may log in without a password. */
    public String jdbcUrl() {
        return "jdbc:mariadb://127.0.0.1:%d/%s".formatted(port, DATABASE);
    }

    /** The loopback port. */
    public int port() {
        return port;
    }

    /** Runs SQL as an administrator, for what a test wants to see or spoil without the product. */
    public String query(String sql) {
        return run(List.of("mariadb", "--no-defaults", "--socket=" + socket(), "--batch", "--skip-column-names",
                "--user=root",
                "--execute=" + sql));
    }

    /** Tells whether some transaction waits for what another one has locked. */
    public boolean hasALockWaitedFor() {
        return !query("select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'").isEmpty();
    }

    /** All that the database holds, as SQL; what is not text is in hexadecimal. */
    public String dump() {
        return run(List.of("mariadb-dump", "--no-defaults", "--socket=" + socket(), "--user=root", "--hex-blob",
                "--single-transaction", DATABASE));
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        end();
    }

    private void end() {
        server.destroyForcibly().onExit().join();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        if (!server.isAlive()) {
            throw new IllegalStateException("mariadbd ended; see " + folder.resolve("log"));
        }
        try {
            run(List.of("mariadb-admin", "--no-defaults", "--socket=" + socket(), "--user=root", "ping"));
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private void signal(String name) {
        run(List.of("kill", "-" + name, Long.toString(server.pid())));
    }

    private Path socket() {
        return folder.resolve("data/socket");
    }

    private static List<String> asServerUser(String... command) {
        List<String> full = new ArrayList<>(Arrays.asList(command));
        if ("root".equals(System.getProperty("user.name"))) {
            full.add("--user=mysql");
        }
        return full;
    }

    private static String run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes());
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command.getFirst() + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
