package io.machinemanager.account.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What small programs say, of which the whole is wanted. */
public final class ProgramOutput {

    private ProgramOutput() {
    }

    /**
     * Gives a program its input and reads its standard output to the end.
     *
     * @param limit after how long it is killed, which ends the output
     * @throws IOException when it does not take the input, or the output breaks
     */
    public static String of(Process process, String input, Duration limit) throws IOException {
        process.onExit().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return process;
        });
        try (var standardInput = process.getOutputStream()) {
            standardInput.write(input.getBytes(StandardCharsets.UTF_8));
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Leaves only the path: no setting of Ansible, Python or ssh may come from the environment of the service. */
    public static void cleanEnvironment(Map<String, String> environment) {
        String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
        environment.clear();
        environment.put("PATH", path);
        environment.put("LANG", "C.UTF-8");
        environment.put("LC_ALL", "C.UTF-8");
    }
}
