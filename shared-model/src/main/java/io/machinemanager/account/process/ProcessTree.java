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
 * A process and every process that it starts. They are found as descendants and, on Linux, by an environment variable that
 * each inherits, so that a process is found even when its parent has ended.
 */
public final class ProcessTree {

    private static final String VARIABLE = "MACHINE_MANAGER_RUN";
    private static final String PROC = "/proc";
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);
    // During exec a process has no environment for a moment, so one scan may miss it.
    private static final int SCANS = 3;
    private static final Duration SCAN_INTERVAL = Duration.ofMillis(20);

    private final String mark = UUID.randomUUID().toString();

    /** Adds the mark to the environment of a process before it starts as the root of the tree. */
    public void mark(Map<String, String> environment) {
        environment.put(VARIABLE, mark);
    }

    /**
     * Kills all processes of the tree until none is left.
     *
     * @return false when some are left after ten seconds
     */
    public boolean kill(ProcessHandle root) {
        long end = System.nanoTime() + KILL_TIMEOUT.toNanos();
        for (int emptyScans = 0; emptyScans < SCANS;) {
            List<ProcessHandle> members = members(root);
            members.forEach(ProcessHandle::destroyForcibly);
            if (!members.isEmpty() && System.nanoTime() > end) {
                return false;
            }
            emptyScans = members.isEmpty() ? emptyScans + 1 : 0;
            if (emptyScans < SCANS) {
                LockSupport.parkNanos(members.isEmpty() ? SCAN_INTERVAL.toNanos() : 1);
            }
        }
        return true;
    }

    private List<ProcessHandle> members(ProcessHandle root) {
        // Descendants first: without /proc, they cannot be found any more once their parent has ended.
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
            return false; // the process belongs to another user, or has just ended
        }
    }
}
