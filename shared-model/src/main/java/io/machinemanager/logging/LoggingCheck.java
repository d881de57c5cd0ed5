package io.machinemanager.logging;

import java.util.Set;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Refuses a format of the log that there is not. */
@ApplicationScoped
class LoggingCheck implements StartupCheck {

    private static final Set<String> FORMATS = Set.of("text", "json");

    private final LoggingConfig config;

    LoggingCheck(LoggingConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        return FORMATS.contains(config.format()) ? Stream.empty() : Stream.of("LOG_FORMAT must be text or json.");
    }
}
