package io.machinemanager.auth;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** A counter of failed log-ins with the same user, network or both, see {@link LoginAttempt}. */
@Entity
@Table(name = "login_counters")
public class LoginFailures extends PanacheEntityBase {

    /** The key, a hash. */
    @Id
    @Column(length = 64)
    public String id;

    public int failures;

    /** When the counter is reset. */
    public Instant expiresAt;

    /** The counters with these keys that have not expired. */
    static List<LoginFailures> current(Collection<String> ids, Instant now) {
        return list("id in ?1 and expiresAt > ?2", ids, now);
    }

    /**
     * Counts a failure, and returns the new number. A counter expires one lock-out time after its first failure, so that
     * failures far apart do not add up. The failure that reaches the limit starts a lock-out of full length.
     */
    static int increment(String id, int limit, Instant now, Instant expires) {
        // MariaDB assigns from left to right: expires_at depends on the new number of failures
        getEntityManager().createNativeQuery("""
                insert into login_counters (id, failures, expires_at) values (?1, 1, ?3)
                on duplicate key update failures = if(expires_at <= ?2, 1, failures + 1),
                    expires_at = if(failures in (1, ?4), ?3, expires_at)""").setParameter(1, id).setParameter(2, now)
                .setParameter(3, expires).setParameter(4, limit).executeUpdate();
        return ((Number) getEntityManager().createNativeQuery("select failures from login_counters where id = ?1")
                .setParameter(1, id).getSingleResult()).intValue();
    }

    /** Stores a key without failures until the given time. */
    static void remember(String id, Instant expires) {
        getEntityManager().createNativeQuery("""
                insert into login_counters (id, failures, expires_at) values (?1, 0, ?2)
                on duplicate key update expires_at = ?2""").setParameter(1, id).setParameter(2, expires)
                .executeUpdate();
    }
}
