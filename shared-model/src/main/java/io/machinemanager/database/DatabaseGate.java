package io.machinemanager.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.hibernate.HibernateException;
import org.hibernate.SessionFactory;

import io.machinemanager.database.DatabaseConfig.Schema;
import io.machinemanager.startup.StartupOrder;
import io.machinemanager.startup.StartupRefusal;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.StartupEvent;

/**
 * Lets nothing start before the database answers and its schema is the one this program was built for. Hibernate and
 * Flyway start without touching the database; what they would have checked is checked here, with patience.
 */
@ApplicationScoped
class DatabaseGate {

    private static final int OLDEST_MAJOR = 10;
    private static final int OLDEST_MINOR = 6;
    private static final Duration REMINDER = Duration.ofMinutes(1);
    private static final Duration SIGHT = Duration.ofMillis(200);

    private final DataSource database;
    private final Flyway flyway;
    private final SessionFactory mapping;
    private final DatabaseConfig config;

    DatabaseGate(DataSource database, Flyway flyway, SessionFactory mapping, DatabaseConfig config) {
        this.database = database;
        this.flyway = flyway;
        this.mapping = mapping;
        this.config = config;
    }

    void open(@Observes @Priority(StartupOrder.DATABASE) StartupEvent start) {
        for (int attempt = 1;; attempt++) {
            try {
                checkServer();
                prepareSchema();
                return;
            } catch (SQLException | FlywayException | HibernateException e) {
                SQLException cause = Reachability.lostConnection(e).orElseThrow(
                        () -> refusal("The database cannot be used: %s", oneLine(e)));
                tryAgain(attempt, cause);
            }
        }
    }

    private void tryAgain(int attempt, SQLException cause) {
        int most = 1 + config.connectMaxRetries();
        if (attempt >= most) {
            throw refusal("The database could not be reached in %d tries: %s", most, oneLine(cause));
        }
        Log.warnf("The database cannot be reached (try %d of %d): %s", attempt, most, oneLine(cause));
        pause(config.connectRetry());
    }

    private void checkServer() throws SQLException {
        try (Connection connection = database.getConnection()) {
            DatabaseMetaData server = connection.getMetaData();
            int major = server.getDatabaseMajorVersion();
            boolean recent = major > OLDEST_MAJOR
                    || major == OLDEST_MAJOR && server.getDatabaseMinorVersion() >= OLDEST_MINOR;
            if (!recent || !server.getDatabaseProductName().equals("MariaDB")) {
                throw refusal("The database is %s %s; MariaDB %d.%d or newer is needed.",
                        server.getDatabaseProductName(), server.getDatabaseProductVersion(), OLDEST_MAJOR,
                        OLDEST_MINOR);
            }
        }
    }

    private void prepareSchema() {
        SchemaState state = schemaState();
        if (config.schema() == Schema.MIGRATE) {
            flyway.migrate();
        } else {
            awaitMigration(state);
            flyway.validate();
        }
        mapping.getSchemaManager().validateMappedObjects();
    }

    private void awaitMigration(SchemaState first) {
        long reminded = 0;
        SchemaState state = first;
        while (!state.isUpToDate()) {
            long now = System.nanoTime();
            if (reminded == 0 || now - reminded > REMINDER.toNanos()) {
                Log.infof("Waiting until the API has brought the database schema up to date; migration %s is missing",
                        String.join(", ", state.missing()));
                reminded = now;
            }
            pause(config.connectRetry());
            state = schemaState();
        }
    }

    private SchemaState schemaState() {
        SchemaState state = SchemaState.of(flyway.info().all());
        state.problem().ifPresent(problem -> {
            throw refusal("%s", problem);
        });
        return state;
    }

    /** Pauses, unless the process is told to end, which must not wait until the database is there. */
    private static void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            if (ApplicationLifecycleManager.isVmShuttingDown()) {
                throw refusal("It was told to stop while it waited for the database.");
            }
            LockSupport.parkNanos(Math.min(left, SIGHT.toNanos()));
        }
    }

    private static RuntimeException refusal(String format, Object... arguments) {
        return StartupRefusal.because(List.of(format.formatted(arguments)));
    }

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
    }
}
