package io.machinemanager.idempotency;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** The idempotency key of a request, so that a repeated request does not reserve twice. */
@Entity
@Table(name = "idempotency_keys")
public class IdempotencyKey extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public long userId;

    @Column(length = 255)
    public String requestKey;

    /** The encrypted body of the first request with the key. */
    @Column(columnDefinition = "text")
    public String asked;

    /** The id of the request that works, or has worked, under the key. */
    @Column(length = 36)
    public String requestId;

    public Instant claimedUntil;

    /** The encrypted answer; null while the request is in progress. */
    @Column(columnDefinition = "mediumtext")
    public String answer;

    /** Whether a repeated request was given the answer. */
    public boolean given;

    public Instant createdAt;

    /** The user's key, locked until the end of the transaction. */
    static Optional<IdempotencyKey> lock(long userId, String requestKey) {
        return find("userId = ?1 and requestKey = ?2", userId, requestKey).withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    /** Renews the claim of a request on its key, if it has one, until the given time. */
    static void renew(Long userId, String requestId, Instant until) {
        update("claimedUntil = ?1 where userId = ?2 and requestId = ?3 and answer is null", until, userId, requestId);
    }

    /** Tells whether a worker may still work on the request. */
    boolean isInProgress(Instant now) {
        return answer == null && claimedUntil.isAfter(now);
    }

    void claim(UUID request, Instant until) {
        requestId = request.toString();
        claimedUntil = until;
    }

    String secretOwner() {
        return "idempotency/" + userId + "/" + requestKey;
    }
}
