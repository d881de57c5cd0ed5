package io.machinemanager.auth;

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** A token that was ended before its time, or a session, which means all tokens of it. */
@Entity
@Table(name = "revoked_tokens")
public class RevokedToken extends PanacheEntityBase {

    /** The {@code jti} of a token or the {@code sid} of a session. */
    @Id
    @Column(length = 64)
    public String id;

    /** When all that it is about have ended by themselves. */
    public Instant expiresAt;

    static void revoke(String id, Instant expires) {
        getEntityManager().createNativeQuery("""
                insert into revoked_tokens (id, expires_at) values (?1, ?2)
                on duplicate key update expires_at = greatest(expires_at, ?2)""").setParameter(1, id)
                .setParameter(2, expires).executeUpdate();
    }
}
