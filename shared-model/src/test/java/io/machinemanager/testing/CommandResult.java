package io.machinemanager.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The result of a command.
 *
 * @param status its exit status, 128 + the number of the signal that ended it
 * @param output its standard output
 * @param errors its standard error
 */
public record CommandResult(int status, String output, String errors) {

    /** Tells whether the exit status was 0. */
    public boolean succeeded() {
        return status == 0;
    }

    /**
     * Runs a command with an empty standard input and waits for its end.
     *
     * @throws IllegalStateException if it does not end in time; it is killed then
     */
    public static CommandResult of(ProcessBuilder command, Duration limit) {
        try {
            var process = command.start();
            process.getOutputStream().close();
            var output = reading(process.getInputStream());
            var errors = reading(process.getErrorStream());
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new IllegalStateException(command.command() + " has not ended within " + limit);
            }
            return new CommandResult(process.exitValue(), output.join(), errors.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for " + command.command(), e);
        }
    }

    private static CompletableFuture<String> reading(InputStream stream) {
        var text = new CompletableFuture<String>();
        Thread.startVirtualThread(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(e);
            }
        });
        return text;
    }
}
