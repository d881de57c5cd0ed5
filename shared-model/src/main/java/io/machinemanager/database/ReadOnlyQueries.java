package io.machinemanager.database;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;
import org.hibernate.query.QueryProducer;
import org.hibernate.query.SelectionQuery;

/**
 * Looks into the database without a transaction: each query sees what is committed, by itself. That spares the ways to the
 * database on which a transaction is begun and ended, and keeps nothing in memory but the result.
 */
@ApplicationScoped
public class ReadOnlyQueries {

    /** The database's time in UTC, in microseconds, as a {@link LocalDateTime} in HQL. */
    public static final String NOW = "cast(sql('utc_timestamp(6)') as LocalDateTime)";

    private final SessionFactory sessions;

    ReadOnlyQueries(SessionFactory sessions) {
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

    /**
     * What a query finds, and the time at which it did.
     *
     * @param query selects a {@code T} and then {@link #NOW}
     */
    public static <T> TimedResult<T> snapshot(StatelessSession session, SelectionQuery<Object[]> query, Class<T> type) {
        List<Object[]> found = query.getResultList();
        Instant at = found.isEmpty() ? now(session) : time(found.getFirst()[1]);
        return new TimedResult<>(at, found.stream().map(row -> type.cast(row[0])).toList());
    }

    /** The database's time in UTC, in microseconds. */
    static Instant now(QueryProducer session) {
        // Not as SQL: for that, Hibernate's cache of queries would get an entry with each call and find none of them again.
        return time(session.createSelectionQuery("select " + NOW, LocalDateTime.class).getSingleResult());
    }

    private static Instant time(Object utc) {
        return ((LocalDateTime) utc).toInstant(ZoneOffset.UTC);
    }
}
