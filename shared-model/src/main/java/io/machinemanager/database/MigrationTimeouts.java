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
 * Turns the socket's time-out off during a migration. A statement on a large table may take longer than the driver otherwise
 * waits for the database, and a time-out would leave the migration half done.
 */
@Singleton
public class MigrationTimeouts implements FlywayConfigurationCustomizer {

    @Override
    public void customize(FluentConfiguration flyway) {
        flyway.callbacks(new TimeoutCallback());
    }

    private static final class TimeoutCallback implements Callback {

        private static final Set<Event> EVENTS = Set.of(Event.BEFORE_EACH_MIGRATE, Event.AFTER_EACH_MIGRATE,
                Event.AFTER_EACH_MIGRATE_ERROR);
        private static final int NONE = 0;

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
                    setTimeout(connection, NONE);
                } else if (!connection.isClosed()) {
                    // the pool lends the connection to others later
                    setTimeout(connection, usual);
                }
            } catch (SQLException e) {
                throw new FlywayException("The time-out of the connection cannot be set", e);
            }
        }

        private static void setTimeout(Connection connection, int millis) throws SQLException {
            connection.setNetworkTimeout(Runnable::run, millis);
        }

        @Override
        public String getCallbackName() {
            return "timeout";
        }
    }
}
