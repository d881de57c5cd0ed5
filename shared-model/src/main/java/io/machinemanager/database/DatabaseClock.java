package io.machinemanager.database;

import java.time.Instant;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.Session;

/**
 * The database's clock, the only one by which the services decide. The clocks of the hosts that run the services, and of
 * the machines, may be wrong without harm.
 */
@ApplicationScoped
public class DatabaseClock {

    private final Session session;

    DatabaseClock(Session session) {
        this.session = session;
    }

    /** The database's time in UTC, in microseconds; needs a transaction or an open session. */
    public Instant now() {
        return ReadOnlyQueries.now(session);
    }
}
