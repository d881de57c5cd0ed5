package io.machinemanager.account;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of a driver under test. */
record TestSettings(String playbook, int forks, Duration runTimeout, Duration connectTimeout, int concurrentRuns,
        int batchSize, Optional<Path> workDir, int maxConnections, Duration keepConnections) implements AccountConfig {

    /** The defaults, with a work folder of the test's own. */
    static TestSettings in(Path workDir) {
        return new TestSettings("ansible-playbook", 20, Duration.ofSeconds(60), Duration.ofSeconds(10), 4, 100,
                Optional.of(workDir), 100, Duration.ofMinutes(5));
    }

    @Override
    public Driver driver() {
        return Driver.ANSIBLE;
    }

    TestSettings withPlaybook(Path program) {
        return new TestSettings(program.toString(), forks, runTimeout, connectTimeout, concurrentRuns, batchSize,
                workDir, maxConnections, keepConnections);
    }

    TestSettings withRunTimeout(Duration timeout) {
        return new TestSettings(playbook, forks, timeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections);
    }

    TestSettings withRuns(int runs) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, runs, batchSize, workDir, maxConnections,
                keepConnections);
    }

    TestSettings withConnectTimeout(Duration timeout) {
        return new TestSettings(playbook, forks, runTimeout, timeout, concurrentRuns, batchSize, workDir,
                maxConnections, keepConnections);
    }

    TestSettings withMaxConnections(int limit) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir, limit,
                keepConnections);
    }

    TestSettings withKeepConnections(Duration rest) {
        return new TestSettings(playbook, forks, runTimeout, connectTimeout, concurrentRuns, batchSize, workDir,
                maxConnections, rest);
    }
}
