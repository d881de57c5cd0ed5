package io.machinemanager.auth;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** How many log-ins failed that have something in common, such as the user or the address. */
@Entity
@Table(name = "login_counters")
public class LoginFailures extends PanacheEntityBase {

    /** A hash of what they have in common. */
    @Id
    @Column(length = 64)
    public String id;

    public int failures;

    /** When they are forgotten. */
    public Instant expiresAt;

    /** Those that are not forgotten yet. */
    static List<LoginFailures> current(Collection<String> ids, Instant now) {
        return list("id in ?1 and expiresAt > ?2", ids, now);
    }

    /**
     * Counts a failure, and tells how many there are now. They are forgotten together, a lock-out after the first: so those
     * that are far apart do not add up. Only the one that reaches the limit begins a lock-out of full length.
     */
    static int count(String id, int limit, Instant now, Instant expires) {
        // from left to right: expires_at is set by the number of failures that is new by then
        getEntityManager().createNativeQuery("""
                insert into login_counters (id, failures, expires_at) values (?1, 1, ?3)
                on duplicate key update failures = if(expires_at <= ?2, 1, failures + 1),
                    expires_at = if(failures in (1, ?4), ?3, expires_at)""").setParameter(1, id).setParameter(2, now)
                .setParameter(3, expires).setParameter(4, limit).executeUpdate();
        return ((Number) getEntityManager().createNativeQuery("select failures from login_counters where id = ?1")
                .setParameter(1, id).getSingleResult()).intValue();
    }

    /** Keeps a fact for a time. */
    static void keep(String id, Instant expires) {
        getEntityManager().createNativeQuery("""
                insert into login_counters (id, failures, expires_at) values (?1, 0, ?2)
                on duplicate key update expires_at = ?2""").setParameter(1, id).setParameter(2, expires)
                .executeUpdate();
    }
}
