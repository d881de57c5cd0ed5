package io.machinemanager.scheduler.cleanup;

import java.time.Duration;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Refuses settings with which nothing would ever be taken back. */
@ApplicationScoped
class CleanUpConfigCheck implements StartupCheck {

    private final CleanUpConfig config;

    CleanUpConfigCheck(CleanUpConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        return Stream.of(
                problem(config.interval().compareTo(Duration.ofSeconds(1)) < 0,
                        "SCHEDULER_INTERVAL must be at least a second."),
                problem(config.batchSize() < 1, "CLEANUP_BATCH_SIZE must be at least 1."),
                problem(config.maxInHand() < 1, "CLEANUP_MAX_IN_HAND must be at least 1."))
                .flatMap(problems -> problems);
    }

    private static Stream<String> problem(boolean wrong, String problem) {
        return wrong ? Stream.of(problem) : Stream.empty();
    }
}
