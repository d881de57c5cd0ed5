package io.machinemanager.database;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;

/**
 * The only clock that decides anything: the database's. The clocks of the hosts that run the services, and of the
 * machines, may be wrong without harm.
 */
@ApplicationScoped
public class DatabaseClock {

    // Not as SQL: for that, Hibernate's cache of queries would get an entry with each call and find none of them again.
    private static final String QUERY = "select " + Reads.NOW;

    private final EntityManager entityManager;

    DatabaseClock(EntityManager entityManager) {
        this.entityManager = entityManager;
    }

    /** The database's time in UTC, in microseconds; needs a transaction or an open session. */
    public Instant now() {
        return entityManager.createQuery(QUERY, LocalDateTime.class).getSingleResult().toInstant(ZoneOffset.UTC);
    }
}
