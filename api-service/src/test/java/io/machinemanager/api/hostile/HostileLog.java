package io.machinemanager.api.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The log of a test that sends hostile values, in a file of its own. */
final class HostileLog {

    private HostileLog() {
    }

    /** Settings that write everything to this file, which is begun anew. */
    static Map<String, String> settings(Path file) {
        file.toFile().delete();
        return Map.of("quarkus.log.file.enabled", "true", "quarkus.log.file.path", file.toString(),
                "quarkus.log.category.\"io.machinemanager\".level", "DEBUG");
    }

    /** Checks that nobody has begun a line, or steered the terminal of whoever reads it. */
    static void assertNothingForged(Path file) throws IOException {
        String log = Files.readString(file, StandardCharsets.UTF_8);
        assertThat(log.split("[\\n\\r\\u0085\\u2028\\u2029\\u000b\\f]")).as("lines of the log")
                .noneMatch(line -> line.strip().startsWith(HostileValues.FORGED)).isNotEmpty();
        assertThat(log.codePoints().filter(c -> Character.isISOControl(c) && c != '\n' && c != '\t').toArray())
                .as("control characters in the log").isEmpty();
    }
}
