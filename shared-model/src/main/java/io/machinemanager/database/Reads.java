package io.machinemanager.database;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;

/**
 * Looks into the database without a transaction: each query sees what is committed, by itself. That spares the ways to the
 * database on which a transaction is begun and ended, and keeps nothing in memory but the result.
 */
@ApplicationScoped
public class Reads {

    private final SessionFactory sessions;

    Reads(SessionFactory sessions) {
        this.sessions = sessions;
    }

    /**
     * Looks into the database.
     *
     * @param look queries; what it returns must not ask for more later
     */
    public <T> T call(Function<StatelessSession, T> look) {
        try (StatelessSession session = sessions.openStatelessSession()) {
            return look.apply(session);
        }
    }

    /** The database's time in UTC, in microseconds. */
    public static Instant now(StatelessSession session) {
        return session.createNativeQuery("select utc_timestamp(6)", LocalDateTime.class).getSingleResult()
                .toInstant(ZoneOffset.UTC);
    }
}
