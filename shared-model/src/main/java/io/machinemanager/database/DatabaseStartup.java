package io.machinemanager.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;

import javax.sql.DataSource;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreErrorCode;
import org.flywaydb.core.api.FlywayException;
import org.hibernate.HibernateException;
import org.hibernate.SessionFactory;

import io.machinemanager.database.DatabaseConfig.Schema;
import io.machinemanager.startup.StartupOrder;
import io.quarkus.logging.Log;
import io.quarkus.runtime.StartupEvent;

/**
 * Holds up the start until the database answers and its schema is the one that this program was built for. Hibernate and
 * Flyway start without the database; this class makes their checks, and repeats them while the database is away.
 */
@ApplicationScoped
class DatabaseStartup {

    private static final int OLDEST_MAJOR = 10;
    private static final int OLDEST_MINOR = 6;
    private static final String FOREIGN_TABLES = "The database that DATABASE_URL names holds tables of another program,"
            + " such as the original Machine Manager. They are not touched: name a new, empty database."
            + " docs/coming-from-the-original.md describes how to move machines and users over.";
    /** How often the log repeats that the service waits for a migration. */
    private static final Duration REMINDER = Duration.ofMinutes(1);

    private final DataSource database;
    private final Flyway flyway;
    private final SessionFactory mapping;
    private final DatabaseConfig config;
    private final DatabaseRetry retry;

    DatabaseStartup(DataSource database, Flyway flyway, SessionFactory mapping, DatabaseConfig config) {
        this.database = database;
        this.flyway = flyway;
        this.mapping = mapping;
        this.config = config;
        this.retry = new DatabaseRetry(config);
    }

    void open(@Observes @Priority(StartupOrder.DATABASE) StartupEvent start) {
        try {
            retry.retry(() -> {
                checkServer();
                prepareSchema();
            });
        } catch (FlywayException e) {
            throw e.getErrorCode() == CoreErrorCode.NON_EMPTY_SCHEMA_WITHOUT_SCHEMA_HISTORY_TABLE
                    ? DatabaseRetry.refusal(FOREIGN_TABLES)
                    : DatabaseRetry.refusal("The database cannot be used: %s", DatabaseRetry.oneLine(e));
        } catch (SQLException | HibernateException e) {
            throw DatabaseRetry.refusal("The database cannot be used: %s", DatabaseRetry.oneLine(e));
        }
    }

    private void checkServer() throws SQLException {
        try (Connection connection = database.getConnection()) {
            DatabaseMetaData server = connection.getMetaData();
            int major = server.getDatabaseMajorVersion();
            boolean recent = major > OLDEST_MAJOR
                    || major == OLDEST_MAJOR && server.getDatabaseMinorVersion() >= OLDEST_MINOR;
            if (!recent || !server.getDatabaseProductName().equals("MariaDB")) {
                throw DatabaseRetry.refusal("The database is %s %s; MariaDB %d.%d or newer is needed.",
                        server.getDatabaseProductName(), server.getDatabaseProductVersion(), OLDEST_MAJOR,
                        OLDEST_MINOR);
            }
            DatabaseSession.check(connection);
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
                Log.infof("Waiting until the API service has migrated the database schema; migration %s is missing",
                        String.join(", ", state.missing()));
                reminded = now;
            }
            retry.pause();
            state = schemaState();
        }
    }

    private SchemaState schemaState() {
        SchemaState state = SchemaState.of(flyway.info().all());
        state.problem().ifPresent(problem -> {
            throw DatabaseRetry.refusal("%s", problem);
        });
        return state;
    }
}
