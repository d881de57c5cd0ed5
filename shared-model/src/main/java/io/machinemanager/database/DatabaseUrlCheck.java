package io.machinemanager.database;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Reports a {@code DATABASE_URL} that is missing or cannot be parsed. */
@ApplicationScoped
class DatabaseUrlCheck implements StartupCheck {

    private final DatabaseConfig config;

    DatabaseUrlCheck(DatabaseConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        return config.urlProblem().map(problem -> "DATABASE_URL " + problem).stream();
    }
}
