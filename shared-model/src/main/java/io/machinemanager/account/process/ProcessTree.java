package io.machinemanager.account.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A process and everything that it starts. Its members are found as descendants and, on Linux, by an environment variable
 * that each inherits, so that those whose parent has died are found as well.
 */
public final class ProcessTree {

    private static final String VARIABLE = "MACHINE_MANAGER_RUN";
    private static final String PROC = "/proc";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    // One that is just turning into another program has no environment for a moment.
    private static final int LOOKS = 3;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    private final String mark = UUID.randomUUID().toString();

    /** Adds the mark to the environment of the process that is to be the root of the tree. */
    public void mark(Map<String, String> environment) {
        environment.put(VARIABLE, mark);
    }

    /**
     * Kills all members until none is left.
     *
     * @return whether none is left; false after ten seconds
     */
    public boolean kill(ProcessHandle root) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (int looksWithoutAny = 0; looksWithoutAny < LOOKS;) {
            List<ProcessHandle> members = members(root);
            members.forEach(ProcessHandle::destroyForcibly);
            if (!members.isEmpty() && System.nanoTime() > end) {
                return false;
            }
            looksWithoutAny = members.isEmpty() ? looksWithoutAny + 1 : 0;
            if (looksWithoutAny < LOOKS) {
                LockSupport.parkNanos(members.isEmpty() ? BETWEEN_LOOKS.toNanos() : 1);
            }
        }
        return true;
    }

    private List<ProcessHandle> members(ProcessHandle root) {
        // Descendants come first: once their parent is dead they can no longer be told from others where there is no /proc.
        List<ProcessHandle> members = new ArrayList<>(root.descendants().toList());
        members.addAll(marked());
        members.add(root);
        return members.stream().filter(ProcessHandle::isAlive).distinct().toList();
    }

    private List<ProcessHandle> marked() {
        if (!Files.isDirectory(Path.of(PROC))) {
            return List.of();
        }
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(this::isMarked).toList();
        }
    }

    private boolean isMarked(ProcessHandle process) {
        try {
            byte[] environment = Files.readAllBytes(Path.of(PROC, Long.toString(process.pid()), "environ"));
            return new String(environment, StandardCharsets.ISO_8859_1).contains(VARIABLE + "=" + mark);
        } catch (IOException e) {
            return false; // it belongs to somebody else, or has just ended
        }
    }
}
