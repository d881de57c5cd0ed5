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

/** What a client gives once to get new tokens without a password. Those of one log-in share a session. */
@Entity
@Table(name = "refresh_tokens")
public class RefreshToken extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    @Column(length = 36)
    public String sessionId;

    public long userId;

    /** The user's when it was given out. */
    public long tokenVersion;

    /** SHA-256, in hexadecimal. */
    @Column(length = 64)
    public String tokenHash;

    /** The same for all of a session. */
    public Instant expiresAt;

    /** When it was given for the next one; null before. */
    public Instant usedAt;

    /** When a session ends by itself; nothing when there is none of that id. */
    static Optional<Instant> endOf(String sessionId) {
        return RefreshToken.<RefreshToken>find("sessionId", sessionId).firstResultOptional()
                .map(token -> token.expiresAt);
    }

    /** The token of that hash, locked until the end of the transaction. */
    static Optional<RefreshToken> lock(String hash) {
        return find("tokenHash", hash).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }
}
