package io.machinemanager.account;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What small programs say, of which the whole is wanted. */
final class ProgramOutput {

    private ProgramOutput() {
    }

    /**
     * Gives a program its input and reads its standard output to the end.
     *
     * @param limit after how long it is killed, which ends the output
     * @throws IOException when it does not take the input, or the output breaks
     */
    static String of(Process process, String input, Duration limit) throws IOException {
        process.onExit().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return process;
        });
        try (var standardInput = process.getOutputStream()) {
            standardInput.write(input.getBytes(StandardCharsets.UTF_8));
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
