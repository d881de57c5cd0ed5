package io.machinemanager.account.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The whole output of small programs. */
public final class ProgramOutput {

    private ProgramOutput() {
    }

    /**
     * Writes the input of a program and reads its standard output to the end.
     *
     * @param input at most as much as a pipe holds (64 KiB, see pipe(7)), unless the program reads it before its output
     * @param timeout after how long the program is killed, which ends the output
     * @return the output in UTF-8
     * @throws IOException when the program ends before it has read its input, or its output cannot be read
     */
    public static String of(Process process, String input, Duration timeout) throws IOException {
        process.onExit().orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return process;
        });
        try (var standardInput = process.getOutputStream()) {
            standardInput.write(input.getBytes(StandardCharsets.UTF_8));
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Leaves only PATH, so that no setting of Ansible, Python or ssh comes from the environment of the service. */
    public static void cleanEnvironment(Map<String, String> environment) {
        String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
        environment.clear();
        environment.put("PATH", path);
        environment.put("LANG", "C.UTF-8");
        environment.put("LC_ALL", "C.UTF-8");
    }
}
