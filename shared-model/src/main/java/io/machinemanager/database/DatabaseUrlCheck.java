package io.machinemanager.database;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Tells what is wrong with {@code DATABASE_URL}. */
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
