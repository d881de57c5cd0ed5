package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;

/** An open session with a terminal, for tests that check whether it is cut. */
public final class SshSession implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Process process;
    private final StringBuffer screen = new StringBuffer();

    private SshSession(Process process) {
        this.process = process;
        Thread.startVirtualThread(this::read);
    }

    static SshSession start(ProcessBuilder command) {
        try {
            var session = new SshSession(command.redirectErrorStream(true).start());
            // The terminal echoes the command, so the answer must differ from it.
            session.type("echo session-$((40 + 2))");
            Awaitility.await().atMost(LIMIT)
                    .until(() -> session.screen().contains("session-42") || !session.isOpen());
            if (!session.isOpen()) {
                throw new IllegalStateException("No log-in: " + session.screen().strip());
            }
            return session;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Types a line into the shell; nothing happens when the session was cut. */
    public void type(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            if (isOpen()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The text on the terminal so far. */
    public String screen() {
        return screen.toString();
    }

    /** Tells whether the connection is open. */
    public boolean isOpen() {
        return process.isAlive();
    }

    /**
     * Waits until the machine cuts the session.
     *
     * @return whether that happened in time
     */
    public boolean isCutWithin(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Hangs up. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private void read() {
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            var buffer = new char[1024];
            for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
                screen.append(buffer, 0, count);
            }
        } catch (IOException e) {
            screen.append(e.getMessage());
        }
    }
}
