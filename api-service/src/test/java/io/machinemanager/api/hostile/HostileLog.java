package io.machinemanager.api.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import io.quarkus.test.junit.QuarkusTestProfile;

/** The log of the tests that send hostile values, in a file of its own. */
final class HostileLog {

    private static final Path FILE = Path.of("target", "hostile.log").toAbsolutePath();

    private HostileLog() {
    }

    /**
     * Everything that is logged goes to the file, which each start begins anew. Other tests try the limits of log-ins, which would
     * hide the answers here. A call that waits for machines may take long on a busy host.
     */
    public static class InAFile implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.log.file.enabled", "true", "quarkus.log.file.path", FILE.toString(),
                    "quarkus.log.category.\"io.machinemanager\".level", "DEBUG", "login.max-failures", "100000000",
                    "quarkus.http.test-timeout", "5m");
        }
    }

    /** Checks that no hostile value has begun a line of the log, and that none could steer a terminal that shows it. */
    static void assertNothingForged() throws IOException {
        String log = Files.readString(FILE, StandardCharsets.UTF_8);
        assertThat(log.split("[\\n\\r\\u0085\\u2028\\u2029\\u000b\\f]")).as("lines of the log")
                .noneMatch(line -> line.strip().startsWith(HostileValues.FORGED)).isNotEmpty();
        assertThat(log.codePoints().filter(c -> Character.isISOControl(c) && c != '\n' && c != '\t').toArray())
                .as("control characters in the log").isEmpty();
    }
}
