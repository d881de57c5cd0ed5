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
 * Queries the database without a transaction: each query by itself sees what is committed. That saves the round trips that
 * begin and end a transaction, and keeps no entities in memory.
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
     * Runs queries in a session of their own.
     *
     * @param queries must return all that the caller needs, since the session is closed afterwards
     */
    public <T> T call(Function<StatelessSession, T> queries) {
        try (StatelessSession session = sessions.openStatelessSession()) {
            return queries.apply(session);
        }
    }

    /**
     * The result of a query, with the database's time of the query.
     *
     * @param query selects a {@code T} and then {@link #NOW}
     */
    public static <T> TimedResult<T> snapshot(StatelessSession session, SelectionQuery<Object[]> query, Class<T> type) {
        List<Object[]> found = query.getResultList();
        Instant at = found.isEmpty() ? now(session) : time(found.getFirst()[1]);
        return new TimedResult<>(at, found.stream().map(row -> type.cast(row[0])).toList());
    }

    /** The database's time in UTC, in microseconds. */
    public static Instant now(QueryProducer session) {
        // HQL, since Hibernate's cache of query plans would get another entry with each native query.
        return time(session.createSelectionQuery("select " + NOW, LocalDateTime.class).getSingleResult());
    }

    private static Instant time(Object utc) {
        return ((LocalDateTime) utc).toInstant(ZoneOffset.UTC);
    }
}
