package io.machinemanager.account.ansible;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnsibleFilesTest {

    @TempDir
    Path parent;

    /** A lock of a process ends when the process closes any channel of the file. */
    @Test
    void aSecondFolderOfTheProcessLeavesTheFirstOneLocked() throws Exception {
        try (var first = new AnsibleFiles(parent, "/account/", List.of("accounts.yml"));
                var second = new AnsibleFiles(parent, "/account/", List.of("accounts.yml"))) {
            Path folder = first.newRun().getParent();
            assertThat(isLocked(folder)).isTrue();

            second.newRun();

            assertThat(isLocked(folder)).isTrue();
            assertThat(Files.exists(folder.resolve("accounts.yml"))).isTrue();
        }
    }

    /** Asks another process. */
    private static boolean isLocked(Path folder) throws IOException, InterruptedException {
        return new ProcessBuilder("python3", "-c",
                "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)",
                folder.resolve("owner.lock").toString()).start().waitFor() != 0;
    }
}
