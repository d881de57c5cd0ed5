package io.machinemanager.auth;

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** A revoked access token, or a revoked session with all of its access tokens. */
@Entity
@Table(name = "revoked_tokens")
public class RevokedToken extends PanacheEntityBase {

    /** The {@code jti} of a token or the {@code sid} of a session. */
    @Id
    @Column(length = 64)
    public String id;

    /** When all revoked tokens have expired, and the row can be deleted. */
    public Instant expiresAt;

    static void revoke(String id, Instant expires) {
        getEntityManager().createNativeQuery("""
                insert into revoked_tokens (id, expires_at) values (?1, ?2)
                on duplicate key update expires_at = greatest(expires_at, ?2)""").setParameter(1, id)
                .setParameter(2, expires).executeUpdate();
    }
}
