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

    private final EntityManager entityManager;

    DatabaseClock(EntityManager entityManager) {
        this.entityManager = entityManager;
    }

    /** The database's time in UTC, in microseconds; needs a transaction or an open session. */
    public Instant now() {
        return ((LocalDateTime) entityManager.createNativeQuery("select utc_timestamp(6)", LocalDateTime.class)
                .getSingleResult()).toInstant(ZoneOffset.UTC);
    }
}
