package io.machinemanager.auth;

import java.time.Instant;
import java.util.Optional;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** A refresh token, which a client exchanges once for new tokens. All tokens of one log-in share a session. */
@Entity
@Table(name = "refresh_tokens")
public class RefreshToken extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    @Column(length = 36)
    public String sessionId;

    public long userId;

    /** The user's token version when the token was issued. */
    public long tokenVersion;

    /** SHA-256 of the token, in hexadecimal. */
    @Column(length = 64)
    public String tokenHash;

    /** The end of the session, the same for all of its tokens. */
    public Instant expiresAt;

    /** When it was exchanged; null before. */
    public Instant usedAt;

    /** The end of a session; empty when there is no such session. */
    static Optional<Instant> endOf(String sessionId) {
        return RefreshToken.<RefreshToken>find("sessionId", sessionId).firstResultOptional()
                .map(token -> token.expiresAt);
    }

    /** The token with this hash, locked until the end of the transaction. */
    static Optional<RefreshToken> lock(String hash) {
        return find("tokenHash", hash).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }
}
