package io.machinemanager.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;

/** One of the two services as it is shipped, in a process of its own; native in a build with {@code -Dnative}. */
final class PackagedService implements AutoCloseable {

    /** Whether this build makes native binaries. A binary that is there without that may be older than the sources. */
    static final boolean NATIVE = System.getProperty("native") != null;

    /** On a host that has much else to do, a JVM takes a minute and more to start. */
    private static final Duration START = Duration.ofMinutes(3);

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final String module;
    private final Map<String, String> environment;
    private final int managementPort = freePort();
    private final Path log;
    private Process process;

    PackagedService(String module, Map<String, String> environment) {
        this.module = module;
        this.environment = environment;
        try {
            log = Files.createTempFile(module, ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it and waits until its readiness check answers 200. */
    void start() {
        launch();
        awaitReady();
    }

    /** Starts it where the start must fail, and returns its exit status. */
    int startInVain() {
        launch();
        Awaitility.await(module + " has ended").atMost(START).until(() -> !process.isAlive());
        return process.exitValue();
    }

    /** Starts its process without waiting. */
    void launch() {
        ProcessBuilder builder = new ProcessBuilder(command()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
        builder.environment().put("QUARKUS_MANAGEMENT_PORT", Integer.toString(managementPort));
        try {
            process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until its readiness check answers 200. */
    void awaitReady() {
        Awaitility.await(module + " is ready").atMost(START).until(this::isReady);
    }

    /** Stops it with SIGTERM and returns its exit status. */
    int stop() {
        process.destroy();
        return process.onExit().join().exitValue();
    }

    /** Ends it with SIGKILL; processes that it has started go on. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Its process, once it was launched. */
    Process process() {
        return process;
    }

    /** The id of its process. */
    long pid() {
        return process.pid();
    }

    /** Its output so far. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            kill();
        }
        log.toFile().delete();
    }

    private List<String> command() {
        if (NATIVE) {
            return List.of(ServicePackage.of(module).binary().toString());
        }
        return ServicePackage.of(module).javaCommand();
    }

    private boolean isReady() {
        if (!process.isAlive()) {
            throw new IllegalStateException(module + " ended: " + log());
        }
        HttpRequest request = HttpRequest
                .newBuilder(URI.create("http://127.0.0.1:" + managementPort + "/q/health/ready"))
                .timeout(Duration.ofSeconds(5)).build();
        try {
            return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
