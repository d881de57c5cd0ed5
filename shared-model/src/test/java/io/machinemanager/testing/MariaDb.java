package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

/**
 * A real MariaDB with an empty database on a free loopback port. A test can stop it, start it again and freeze it.
 * <p>
 * A JVM keeps one server and gives it to one test class or application after the other, each time with a new database,
 * as long as they do not overlap. So a test may change the whole server, and no other JVM notices. Further servers run
 * where two are needed at the same time. No server outlives its JVM.
 */
public final class MariaDb implements AutoCloseable {

    private static final String DATABASE = "machine_manager";

    // Nothing in a test survives a power cut, so the server need not wait for the disk.
    private static final List<String> FAST = List.of("--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync", "--skip-innodb-doublewrite", "--innodb-log-file-size=16M",
            "--innodb-buffer-pool-size=64M", "--skip-innodb-buffer-pool-load-at-startup",
            "--skip-innodb-buffer-pool-dump-at-shutdown", "--skip-innodb-use-native-aio",
            "--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M", "--skip-name-resolve");
    private static final String EVERYONE_IS_ADMINISTRATOR = "--skip-grant-tables";

    // A server that waits for its next use.
    private static final AtomicReference<MariaDb> IDLE = new AtomicReference<>();

    private final Path folder;
    private final int port;
    private final List<String> options;
    private Process server;
    private boolean frozen;

    private MariaDb(Path folder, int port, List<String> options) {
        this.folder = folder;
        this.port = port;
        this.options = options;
    }

    /** Gives a server with an empty database on which every user may log in without a password and do everything. */
    public static MariaDb start() {
        MariaDb idle = IDLE.getAndSet(null);
        if (idle != null && idle.isEmptied()) {
            return idle;
        }
        return startWith(EVERYONE_IS_ADMINISTRATOR);
    }

    /** Starts a server of its own with an empty database and further options. It checks passwords and privileges. */
    public static MariaDb startWith(String... options) {
        try {
            Path folder = Files.createTempDirectory("mm-mariadb");
            // The server refuses to run as root, and its own user must reach the folder.
            folder.toFile().setExecutable(true, false);
            MariaDb database = new MariaDb(folder, freePort(), List.of(options));
            database.endWithThisJvm();
            run(List.of("cp", "-a", MariaDbInstallation.folder().toString(), database.data().toString()));
            database.resume();
            database.query("create database " + DATABASE);
            return database;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the server again after {@link #stop}, on the same port and with the same data. */
    public void resume() {
        List<String> command = new ArrayList<>(MariaDbInstallation.asServerUser("mariadbd", "--no-defaults"));
        command.addAll(FAST);
        // On its start the server deletes all temporary tables in its tmpdir, so it must not share one.
        command.addAll(List.of("--datadir=" + data(), "--tmpdir=" + data(), "--socket=" + socket(), "--port=" + port,
                "--bind-address=127.0.0.1", "--max-connections=400", "--pid-file=" + data().resolve("pid")));
        command.addAll(options);
        try {
            server = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20)).until(this::answers);
    }

    /** Stops the server with SIGTERM. */
    public void stop() {
        server.destroy();
        server.onExit().join();
    }

    /** Suspends the server, as a stalled disk would: it neither answers nor closes connections until {@link #thaw}. */
    public void freeze() {
        signal("STOP");
        frozen = true;
        // The threads stop one after the other; a thread that still runs may answer a last query.
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
        frozen = false;
    }

    /** The JDBC URL of the database; any user of {@link #start} may log in without a password. */
    public String jdbcUrl() {
        return "jdbc:mariadb://127.0.0.1:%d/%s".formatted(port, DATABASE);
    }

    /** The loopback port. */
    public int port() {
        return port;
    }

    /** Runs SQL as an administrator, past the product. */
    public String query(String sql) {
        return run(List.of("mariadb", "--no-defaults", "--socket=" + socket(), "--batch", "--skip-column-names",
                "--user=root", "--execute=" + sql));
    }

    /** Tells whether a transaction waits for a lock of another one. */
    public boolean hasALockWaitedFor() {
        return !query("select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'").isEmpty();
    }

    /** The whole database as SQL; binary values are in hexadecimal. */
    public String dump() {
        return run(List.of("mariadb-dump", "--no-defaults", "--socket=" + socket(), "--user=root", "--hex-blob",
                "--single-transaction", DATABASE));
    }

    /** Keeps a running server of {@link #start} for its next use and ends any other. */
    @Override
    public void close() {
        boolean reusable = server.isAlive() && !frozen && options.equals(List.of(EVERYONE_IS_ADMINISTRATOR));
        if (!reusable || !IDLE.compareAndSet(null, this)) {
            end();
        }
    }

    /** Replaces the database by an empty one; where that fails, ends the server. */
    private boolean isEmptied() {
        try {
            query("set global general_log = default, log_output = default, lock_wait_timeout = 20;"
                    + " set lock_wait_timeout = 20; drop database if exists " + DATABASE + "; create database "
                    + DATABASE + "; set global lock_wait_timeout = default");
            return true;
        } catch (IllegalStateException e) {
            end();
            return false;
        }
    }

    void end() {
        server.destroyForcibly().onExit().join();
        run(List.of("rm", "-rf", folder.toString()));
    }

    /** Starts a process that ends the server as soon as this JVM has ended, also when the JVM was killed. */
    private void endWithThisJvm() throws IOException {
        String watch = """
                tail --pid="$1" --sleep-interval=0.5 --follow /dev/null
                printf '%s\\n' "--datadir=$2/data" | grep -lszxF -f - /proc/[0-9]*/cmdline | while read -r server; do
                    server=${server#/proc/}
                    kill -KILL "${server%/cmdline}"
                done
                rm -rf "$2"
                """;
        new ProcessBuilder("setsid", "sh", "-c", watch, "sh", Long.toString(ProcessHandle.current().pid()),
                folder.toString()).redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /** The server accepts connections a moment before it is ready, and greets a client only then. */
    private boolean answers() {
        if (!server.isAlive()) {
            throw new IllegalStateException("mariadbd ended; see " + folder.resolve("log"));
        }
        try (Socket client = new Socket()) {
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            client.setSoTimeout(1000);
            return client.getInputStream().read() >= 0;
        } catch (IOException e) {
            return false;
        }
    }

    private void signal(String name) {
        run(List.of("kill", "-" + name, Long.toString(server.pid())));
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path socket() {
        return data().resolve("socket");
    }

    static String run(List<String> command) {
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
