package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDb;

class InstallationIT {

    @Test
    @Tag("deep")
    void oneThatDoesNotStartLeavesNothingRunning() {
        // The server of all databases of this JVM stays until the JVM ends.
        MariaDb.start().close();
        List<ProcessHandle> before = ProcessHandle.current().descendants().toList();

        // a scheduler that does not start, while the API does
        assertThatThrownBy(() -> new Installation(1, 1, Map.of("SCHEDULER_INTERVAL", "whenever")))
                .hasMessageContaining("scheduler-service ended");

        assertThat(ProcessHandle.current().descendants().filter(process -> !before.contains(process))).isEmpty();
    }
}
