package io.machinemanager.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import jakarta.inject.Singleton;

import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.configuration.FluentConfiguration;

import io.quarkus.flyway.FlywayConfigurationCustomizer;

/**
 * Lets a migration take as long as it needs. On a large table one statement may last longer than the driver otherwise
 * waits for the database, and a wait that breaks off leaves the schema half-way.
 */
@Singleton
public class MigrationTimeouts implements FlywayConfigurationCustomizer {

    @Override
    public void customize(FluentConfiguration flyway) {
        flyway.callbacks(new Patience());
    }

    /** Used by one migration after the other. */
    private static final class Patience implements Callback {

        private static final Set<Event> EVENTS = Set.of(Event.BEFORE_EACH_MIGRATE, Event.AFTER_EACH_MIGRATE,
                Event.AFTER_EACH_MIGRATE_ERROR);
        private static final int FOR_EVER = 0;

        private int usual;

        @Override
        public boolean supports(Event event, Context context) {
            return EVENTS.contains(event);
        }

        @Override
        public boolean canHandleInTransaction(Event event, Context context) {
            return true;
        }

        @Override
        public void handle(Event event, Context context) {
            Connection connection = context.getConnection();
            try {
                if (event == Event.BEFORE_EACH_MIGRATE) {
                    usual = connection.getNetworkTimeout();
                    setPatience(connection, FOR_EVER);
                } else if (!connection.isClosed()) {
                    // others are given the connection later
                    setPatience(connection, usual);
                }
            } catch (SQLException e) {
                throw new FlywayException("The time to wait for the database cannot be set", e);
            }
        }

        private static void setPatience(Connection connection, int millis) throws SQLException {
            connection.setNetworkTimeout(Runnable::run, millis);
        }

        @Override
        public String getCallbackName() {
            return "patience";
        }
    }
}
