package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.NotFoundException;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * What one call asked for. The machines that it gets are its {@link Reservation}s.
 *
 * <p>
 * A worker claims a request before it makes accounts for it ({@link #claimedBy}, {@link #claimedUntil}), and the claim
 * covers the reservations for which it makes them. Another worker may take over a claim that has run out.
 *
 * <p>
 * A transaction that locks reservations and their request locks the reservations first.
 */
@Entity
@Table(name = "requests")
public class Request extends PanacheEntityBase {

    private static final int MAX_REASON = 450;

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    /** Null after the owner was deleted. */
    public Long ownerId;

    @Column(length = 64)
    public String ownerName;

    /** The account to make on each machine. */
    @Column(length = 32)
    public String account;

    /** How many machines. */
    public int machineCount;

    /** For how many minutes. */
    public int durationMinutes;

    /** Which machines, as a selector; null for any. */
    @Column(length = 1000)
    public String selector;

    /** The names of the wanted machines, separated by commas; null for any. */
    @Column(columnDefinition = "text")
    public String machineNames;

    /** The purpose, as the requester put it; null for none. */
    @Column(length = 200)
    public String note;

    /** Crypt hash of the accounts' password; null once the accounts are made. */
    @Column(length = 128)
    public String passwordHash;

    /** The public keys that may log in to the accounts, one a line; null for none, and once the accounts are made. */
    @Column(columnDefinition = "text")
    public String sshPublicKey;

    /** The generated password, encrypted, until its owner has seen it; null otherwise. */
    @Column(columnDefinition = "text")
    public String sealedPassword;

    /** The group that it is charged to; null when the requester named none. */
    @Column(length = 63)
    public String groupName;

    @Enumerated(EnumType.STRING)
    @Column(length = 16)
    public RequestState state;

    /** Why it ended, as a sentence; null while it is not over, and when its time was up. */
    @Column(length = 500)
    public String endReason;

    /** Requests with a higher priority are served first. */
    public int priority;

    public Instant createdAt;

    /** Until when it may queue; null for a request that does not wait. */
    public Instant waitsUntil;

    /** Until when a request whose accounts could not be made is not tried again; null otherwise. */
    public Instant nextAttemptAt;

    /** When machines were allocated; null before. */
    public Instant assignedAt;

    /** When all accounts were made; null before. */
    public Instant startedAt;

    /** When it was over; null before. */
    public Instant endedAt;

    /** For how many minutes it may go without a keepalive; null for ever. */
    public Integer keepaliveMinutes;

    /** When it ends without a further keepalive; null for never. */
    public Instant keepaliveUntil;

    /** The key of the call, unique for each owner; null without one, and once a further call may use it. */
    @Column(length = 255)
    public String idempotencyKey;

    /** The encrypted body of the call; null without a key. */
    @Column(columnDefinition = "mediumtext")
    public String sealedSpec;

    /** The encrypted answer to the call; null without a key, and while the accounts are made. */
    @Column(columnDefinition = "mediumtext")
    public String sealedAnswer;

    /** Whether a repeated call was given the answer. */
    public boolean answerGiven;

    @Column(length = 36)
    public String claimedBy;

    public Instant claimedUntil;

    /** The claim under which the accounts were made; null before. */
    @Column(length = 36)
    public String servedUnder;

    /** {@link #createdAt} while it queues; computed by the database. */
    @Column(insertable = false, updatable = false)
    public Instant queuedAt;

    /** The error for an id that no request has. */
    static NotFoundException notFound(long id) {
        return new NotFoundException("There is no request %d.".formatted(id));
    }

    /** The request, locked until the end of the transaction. */
    static Optional<Request> lockById(long id) {
        return findByIdOptional(id, LockModeType.PESSIMISTIC_WRITE);
    }

    /** The request of a call with this key, locked until the end of the transaction. */
    static Optional<Request> lockByKey(long ownerId, String key) {
        return find("ownerId = ?1 and idempotencyKey = ?2", ownerId, key).withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    /** The error for a request that is over. */
    GoneException gone() {
        return new GoneException(
                "The request %d is over: it is %s.".formatted(id, state.name().toLowerCase(Locale.ROOT)));
    }

    /** How many requests wait. */
    static long countQueued() {
        return count("queuedAt is not null");
    }

    /** Since when the first in line has waited; empty when none waits. */
    static Optional<Instant> firstQueuedAt() {
        return getEntityManager()
                .createQuery("select queuedAt from Request where queuedAt is not null"
                        + " order by priority desc, id", Instant.class)
                .setMaxResults(1).getResultStream().findFirst();
    }

    /** The ids of requests that wait although their time to wait is up. */
    static List<Long> waitedLongEnough(Instant now) {
        return getEntityManager()
                .createQuery("select id from Request where queuedAt is not null and waitsUntil <= ?1 order by id",
                        Long.class)
                .setParameter(1, now).getResultList();
    }

    /** How many requests of a user wait. */
    static long countQueued(long ownerId) {
        return count("ownerId = ?1 and queuedAt is not null", ownerId);
    }

    /** Tells whether any request waits. */
    static boolean isAnyQueued() {
        return !getEntityManager().createQuery("select id from Request where queuedAt is not null", Long.class)
                .setMaxResults(1).getResultList().isEmpty();
    }

    /** The ids of claimed requests whose worker has let the claim run out. */
    static List<Long> withLostWorker(Instant now, int limit) {
        return ids("claimedUntil <= ?1 order by claimedUntil", now, limit);
    }

    /** The ids of open requests that were not kept alive. */
    static List<Long> notKeptAlive(Instant now, int limit) {
        return ids("keepaliveUntil <= ?1 and state <> PROVISIONING order by keepaliveUntil", now, limit);
    }

    private static List<Long> ids(String query, Instant now, int limit) {
        return Request.<Request>find(query, now).range(0, limit - 1).stream().map(request -> request.id).toList();
    }

    /** The requests of a user that were not served yet, locked until the end of the transaction. */
    static List<Request> lockUnserved(long ownerId) {
        return Request.<Request>find("ownerId = ?1 and endedAt is null order by id", ownerId)
                .withLock(LockModeType.PESSIMISTIC_WRITE).list().stream()
                .filter(request -> request.state != RequestState.ACTIVE).toList();
    }

    /** Keeps of the owner of requests, whom the caller deletes, no more than the name. */
    static void disown(long ownerId) {
        update("ownerId = null, idempotencyKey = null, sealedSpec = null, sealedAnswer = null, sealedPassword = null"
                + " where ownerId = ?1", ownerId);
    }

    /** Renews a claim until the given time. Returns on how many requests. */
    static int renew(UUID claim, Instant until) {
        return update("claimedUntil = ?1 where claimedBy = ?2", until, claim.toString());
    }

    /** Ends an active request when all of its accounts are gone. Its machines may still be reset. */
    void endIfFree(Instant now) {
        if (state == RequestState.ACTIVE && Reservation
                .count("requestId = ?1 and liveMachineId is not null and accountGoneAt is null", id) == 0) {
            end(RequestState.ENDED, null, now);
        }
    }

    /** The wanted machines by name; empty for any. */
    public List<String> names() {
        return machineNames == null ? List.of() : List.of(machineNames.split(","));
    }

    /** Tells whether the request is under this claim. A claim that ran out counts until another worker takes over. */
    boolean isClaimedBy(UUID claim) {
        return claim.toString().equals(claimedBy);
    }

    /** Puts the request under a claim until the given time. */
    void claim(UUID claim, Instant until) {
        claimedBy = claim.toString();
        claimedUntil = until;
    }

    /** Ends this claim on a request, unless it was lost. */
    static void endClaim(long id, UUID claim) {
        lockById(id).filter(request -> request.isClaimedBy(claim)).ifPresent(Request::clearClaim);
    }

    void clearClaim() {
        claimedBy = null;
        claimedUntil = null;
    }

    /** Begins to make accounts, on machines that are allocated in the same transaction. */
    void assign(UUID claim, Instant now, Instant claimEnd) {
        changeState(RequestState.PROVISIONING);
        assignedAt = now;
        nextAttemptAt = null;
        claim(claim, claimEnd);
    }

    /** Starts the requester's time: all accounts are made. */
    void activate(Instant now) {
        changeState(RequestState.ACTIVE);
        startedAt = now;
        keepAlive(now);
        servedUnder = claimedBy;
        ReservationEvent.record(this, now, ReservationEvent.Kind.SERVED, null);
        passwordHash = null;
        sshPublicKey = null;
        clearClaim();
    }

    /** Puts a new request into the queue. */
    void queue(Instant now) {
        changeState(RequestState.QUEUED);
        assignedAt = null;
        clearClaim();
        ReservationEvent.record(this, now, ReservationEvent.Kind.QUEUED, null);
    }

    /**
     * Puts the request back in its place in the queue, since its accounts could not be made. The time since the machines
     * were allocated does not count as waiting.
     *
     * @param reason a sentence
     * @param nextAttempt when it may be tried again
     */
    void requeue(String reason, Instant now, Instant nextAttempt) {
        changeState(RequestState.QUEUED);
        ReservationEvent.record(this, now, ReservationEvent.Kind.QUEUED, cut(reason));
        waitsUntil = waitsUntil.plus(Duration.between(assignedAt, now));
        assignedAt = null;
        nextAttemptAt = nextAttempt;
        clearClaim();
    }

    /** Tells whether the request was made by a caller that waits for machines, rather than for the answer. */
    boolean waits() {
        return waitsUntil != null;
    }

    /**
     * Ends the request. Its key may be used again unless the request was served.
     *
     * @param reason a sentence; null when its time was up
     */
    void end(RequestState how, String reason, Instant now) {
        boolean served = state == RequestState.ACTIVE;
        changeState(how);
        ReservationEvent.record(this, now, ReservationEvent.Kind.valueOf(how.name()), cut(reason));
        endReason = cut(reason);
        endedAt = now;
        nextAttemptAt = null;
        keepaliveUntil = null;
        passwordHash = null;
        sshPublicKey = null;
        sealedPassword = null;
        clearClaim();
        if (!served) {
            forgetKey();
        }
    }

    /** Lets the key be used for a further call. */
    void forgetKey() {
        idempotencyKey = null;
        sealedSpec = null;
        sealedAnswer = null;
    }

    /** Lets the request live for another {@link #keepaliveMinutes}. */
    void keepAlive(Instant now) {
        if (keepaliveMinutes != null) {
            keepaliveUntil = now.plus(Duration.ofMinutes(keepaliveMinutes));
        }
    }

    /** Forgets the keys of requests that were made before, and that are not being served. */
    static void forgetKeysBefore(Instant time) {
        update("idempotencyKey = null, sealedSpec = null, sealedAnswer = null where idempotencyKey is not null"
                + " and createdAt < ?1 and state not in (QUEUED, PROVISIONING)", time);
    }

    /** Deletes the oldest requests that are over, with their reservations and events. Returns how many. */
    static int deleteEndedBefore(Instant end, int limit) {
        return getEntityManager()
                .createNativeQuery("delete from requests where ended_at < ?1 and not exists (select 1 from reservations"
                        + " where request_id = requests.id and live_machine_id is not null) order by ended_at limit ?2")
                .setParameter(1, end).setParameter(2, limit).executeUpdate();
    }

    /** The note as the end of an audit event's detail; empty when there is none. */
    String auditedNote() {
        return note == null ? "" : ", note: " + note;
    }

    /** An audit event about this request. */
    AuditEvent auditEvent(AuditAction action, String detail) {
        return AuditEvent.of(action, "request " + id).detail("of %s: %s".formatted(ownerName, detail));
    }

    /** The owner of {@link #sealedPassword}, to which it is bound by the encryption. */
    String passwordOwner() {
        return "request/" + id + "/password";
    }

    private void changeState(RequestState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException("request " + id + " is " + state + " and cannot become " + next);
        }
        state = next;
    }

    @Override
    public String toString() {
        return "Request " + id;
    }

    /** The owner of {@link #sealedSpec} and {@link #sealedAnswer}, to which they are bound by the encryption. */
    String keyOwner() {
        return "idempotency/" + ownerId + "/" + idempotencyKey;
    }

    private static String cut(String sentence) {
        return sentence == null || sentence.length() <= MAX_REASON
                ? sentence
                : sentence.substring(0, MAX_REASON) + "...";
    }
}
