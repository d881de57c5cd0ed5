package io.machinemanager.account;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of a driver under test. */
public record TestSettings(String playbook, int forks, Duration runTimeout, Duration connectTimeout, int concurrentRuns,
        int batchSize, Optional<Path> workDir, int maxConnections, Duration keepConnections, Duration healthTimeout,
        int uidFirst, int uidLast) implements AccountConfig {

    /** The defaults, with a work folder of the test, and a longer time limit for probes on a busy host. */
    public static TestSettings in(Path workDir) {
        return new TestSettings("ansible-playbook", 20, Duration.ofSeconds(60), Duration.ofSeconds(10), 4, 100,
                Optional.of(workDir), 100, Duration.ofMinutes(5), Duration.ofSeconds(60), 20000, 59999);
    }

    @Override
    public Driver driver() {
        return Driver.ANSIBLE;
    }

    public TestSettings withPlaybook(Path program) {
        return new TestSettings(program.toString(), forks, runTimeout, connectTimeout, concurrentRuns, batchSize,
                workDir, maxConnections, keepConnections, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withForks(int machines) {
        return new TestSettings(playbook, machines, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withRunTimeout(Duration timeout) {
        return new TestSettings(playbook, forks, timeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withRuns(int runs) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, runs, batchSize, workDir, maxConnections,
                keepConnections, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withConnectTimeout(Duration timeout) {
        return new TestSettings(playbook, forks, runTimeout, timeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withMaxConnections(int limit) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir, limit,
                keepConnections, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withKeepConnections(Duration rest) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, rest, healthTimeout, uidFirst, uidLast);
    }

    public TestSettings withHealthTimeout(Duration timeout) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections, timeout, uidFirst, uidLast);
    }

    TestSettings withUids(int first, int last) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections, healthTimeout, first, last);
    }
}
