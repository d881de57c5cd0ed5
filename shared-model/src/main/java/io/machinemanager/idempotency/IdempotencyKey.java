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

/** A key that a user sent with a request, so that repeating the request does not reserve twice. */
@Entity
@Table(name = "idempotency_keys")
public class IdempotencyKey extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public long userId;

    @Column(length = 255)
    public String requestKey;

    /** What the key was first sent with, encrypted. */
    @Column(columnDefinition = "text")
    public String asked;

    /** The request that works, or worked, on it. */
    @Column(length = 36)
    public String requestId;

    public Instant claimedUntil;

    /** The encrypted answer; null while the request is worked on. */
    @Column(columnDefinition = "mediumtext")
    public String answer;

    /** Whether somebody who repeated the request was given the answer. */
    public boolean given;

    public Instant createdAt;

    /** The user's key, locked until the end of the transaction. */
    static Optional<IdempotencyKey> lock(long userId, String requestKey) {
        return find("userId = ?1 and requestKey = ?2", userId, requestKey).withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    /** Lets the request that works on a key of the user, if it came with one, keep it until the given time. */
    static void renew(Long userId, String requestId, Instant until) {
        update("claimedUntil = ?1 where userId = ?2 and requestId = ?3 and answer is null", until, userId, requestId);
    }

    /** Tells whether a worker may still be busy with the request. */
    boolean isWorkedOn(Instant now) {
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
