package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Table;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.database.SkipLocked;
import io.machinemanager.machine.Machine;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * One machine lent to one user for a time. The rows of one request share a {@link #requestId}.
 *
 * <p>
 * Whoever works on a row holds a claim on it ({@link #claimedBy}, {@link #claimedUntil}). A claim that has run out may
 * be taken by anyone, and a worker that lost its claim may not write its result.
 */
@Entity
@Table(name = "reservations")
public class Reservation extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    @Column(length = 36)
    public String requestId;

    /** Null once the machine was deleted, which only happens to rows that are not live. */
    @ManyToOne(fetch = FetchType.LAZY)
    public Machine machine;

    @Column(length = 63)
    public String machineName;

    /** Null once the owner was deleted. */
    public Long ownerId;

    @Column(length = 64)
    public String ownerName;

    /** The account made on the machine. */
    @Column(length = 32)
    public String account;

    /** Crypt hash of the account's password; null once the account is gone. */
    @Column(length = 128)
    public String passwordHash;

    /** The key that lets the borrower in; null for none, and once the account is gone. */
    @Column(columnDefinition = "text")
    public String sshPublicKey;

    @Enumerated(EnumType.STRING)
    @Column(length = 16)
    public ReservationState state;

    @Enumerated(EnumType.STRING)
    @Column(length = 24)
    public ReleaseCause releaseCause;

    /** When the request was first looked at; null for rows of older releases. */
    public Instant requestedAt;

    /** Database time of the allocation, in microseconds; later than that of any earlier row of the machine. */
    public Instant createdAt;

    /** From the start to the end, in whole minutes, rounded up. */
    public int durationMinutes;

    /** When all accounts of the request were made and the time began to run; null before. */
    public Instant startedAt;

    /** The end. Before the start it is only what it would be, had the time begun at the allocation. */
    public Instant reservedUntil;

    public Instant releasedAt;

    /** Removals that failed so far. */
    public int attempts;

    /** What went wrong last with the account work, as a sentence. */
    @Column(length = 500)
    public String lastError;

    /** How the account work ended that {@link #lastError} tells of; null while none has failed. */
    @Enumerated(EnumType.STRING)
    @Column(length = 24)
    public Outcome lastOutcome;

    /** Since when the account has to go; null before. */
    public Instant releasingSince;

    /** When a removal that failed is tried again. */
    public Instant nextAttemptAt;

    @Column(length = 36)
    public String claimedBy;

    public Instant claimedUntil;

    /** The machine's id while the reservation is live; computed by the database, which keeps it unique. */
    @Column(insertable = false, updatable = false)
    public Long liveMachineId;

    /** The machine's name while the reservation is live; computed by the database. */
    @Column(insertable = false, updatable = false, length = 63)
    public String liveMachineName;

    /** When somebody has to look at the row next; computed by the database. Null for history. */
    @Column(insertable = false, updatable = false)
    public Instant dueAt;

    /** The row with this id, locked until the end of the transaction. */
    public static Optional<Reservation> lockById(long id) {
        return findByIdOptional(id, LockModeType.PESSIMISTIC_WRITE);
    }

    /** The rows with these ids, locked until the end of the transaction in the order of their ids. */
    public static List<Reservation> lockAll(Collection<Long> ids) {
        return find("id in ?1 order by id", ids).withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    /** Those of the rows that the claim still holds, locked until the end of the transaction. */
    static List<Reservation> lockHeld(UUID claim, Collection<WorkItem> items) {
        return lockAll(items.stream().map(WorkItem::reservationId).toList()).stream()
                .filter(reservation -> reservation.isClaimedBy(claim)).toList();
    }

    /**
     * Rows that wait for somebody: the time is up, a worker was not heard of again, or a removal is to be tried again.
     * They are locked until the end of the transaction; rows that another transaction holds are passed over.
     */
    public static List<Reservation> lockDue(Instant now, int limit) {
        return SkipLocked.first(find("dueAt <= ?1 order by dueAt", now), limit);
    }

    /** Lets what a claim holds stay with it until the given time, but for some of its rows. */
    static void renew(UUID claim, Set<Long> without, Instant until) {
        if (without.isEmpty()) {
            update("claimedUntil = ?1 where claimedBy = ?2", until, claim.toString());
        } else {
            update("claimedUntil = ?1 where claimedBy = ?2 and id not in ?3", until, claim.toString(), without);
        }
    }

    /** One of the rows that a worker is making accounts for: they are all of one request. */
    static Optional<Reservation> beingMadeBy(UUID claim) {
        return find("claimedBy = ?1 and state = PROVISIONING", claim.toString()).firstResultOptional();
    }

    /** Lets a removal on that machine that failed be tried again at the given time, and not only after its pause. */
    public static void endPause(Machine machine, Instant now) {
        update("nextAttemptAt = ?1 where liveMachineId = ?2 and state = RELEASING and claimedBy is null"
                + " and nextAttemptAt > ?1", now, machine.id);
    }

    /** Deletes the oldest history, with its events, and tells how many reservations that was. */
    static int deleteReleasedBefore(Instant end, int limit) {
        return getEntityManager()
                .createNativeQuery("delete from reservations where state = 'RELEASED' and released_at < ?1"
                        + " order by released_at limit ?2")
                .setParameter(1, end).setParameter(2, limit).executeUpdate();
    }

    /** The row with this id together with its machine. */
    public static Optional<Reservation> withMachine(long id) {
        return find("from Reservation r left join fetch r.machine where r.id = ?1", id).firstResultOptional();
    }

    /** The latest {@link #createdAt} of each machine that was ever lent, by the machine's id. */
    static Map<Long, Instant> latestOn(Collection<Long> machines) {
        return getEntityManager()
                .createQuery("select machine.id, max(createdAt) from Reservation where machine.id in ?1"
                        + " group by machine.id", Object[].class)
                .setParameter(1, machines).getResultStream()
                .collect(Collectors.toMap(row -> (Long) row[0], row -> (Instant) row[1]));
    }

    /** The machines that a request has had and let go of, by their ids; those that were deleted since are left out. */
    static Set<Long> machinesTriedFor(String requestId) {
        return getEntityManager()
                .createQuery("select machine.id from Reservation where requestId = ?1 and liveMachineId is null"
                        + " and machine is not null", Long.class)
                .setParameter(1, requestId).getResultStream().collect(Collectors.toSet());
    }

    /** The machines on which the account's name cannot be used, as a request has found, by their ids. */
    static Set<Long> machinesThatRefused(String requestId) {
        return getEntityManager()
                .createQuery("select machine.id from Reservation where requestId = ?1 and lastOutcome = REFUSED"
                        + " and liveMachineId is null and machine is not null", Long.class)
                .setParameter(1, requestId).getResultStream().collect(Collectors.toSet());
    }

    /**
     * The fencing token of the account work: microseconds since 1970 at the allocation. It grows from one reservation of a
     * machine to the next, also when the database's clock was set back in between.
     */
    public long token() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, createdAt);
    }

    /** What the audit is to tell of something that is done to the reservation. */
    public AuditEvent act(AuditAction action, String what) {
        return AuditEvent.of(action, machineName).detail("reservation %d of %s: %s".formatted(id, ownerName, what));
    }

    /** Tells whether the claim is this one, run out or not: as long as nobody else took it, its holder may write. */
    public boolean isClaimedBy(UUID claim) {
        return claim.toString().equals(claimedBy);
    }

    /** Hands the row to a worker until the given time. */
    public void claim(UUID claim, Instant until) {
        claimedBy = claim.toString();
        claimedUntil = until;
    }

    /** The account is there: the user's time runs. */
    public void activate(Instant now, Instant until) {
        become(ReservationState.ACTIVE);
        startedAt = now;
        reservedUntil = until;
        dropClaim();
    }

    /** Tells whether the user's time has passed and nobody has noticed yet. */
    public boolean isOverdue(Instant now) {
        return state == ReservationState.ACTIVE && !reservedUntil.isAfter(now);
    }

    /** Tells whether the user's time runs: the account is there and its end is still to come. */
    public boolean isRunning(Instant now) {
        return state == ReservationState.ACTIVE && reservedUntil.isAfter(now);
    }

    /** Moves the end of a running reservation. */
    public void moveEnd(Instant until) {
        reservedUntil = until;
        durationMinutes = (int) Math.ceilDiv(Duration.between(startedAt, until).toMillis(), 60_000);
    }

    /** The account has to go. A row on its way out already keeps its first cause. */
    public void startReleasing(ReleaseCause cause, Instant now) {
        if (state == ReservationState.RELEASING) {
            return;
        }
        become(ReservationState.RELEASING);
        releaseCause = cause;
        releasingSince = now;
        nextAttemptAt = now;
        dropClaim();
    }

    /** Notes why the account could not be made. */
    public void accountFailed(AccountResult result) {
        lastError = result.reason();
        lastOutcome = result.outcome();
    }

    /** The removal failed; it is tried again at the given time. */
    public void removalFailed(AccountResult result, Instant retryAt) {
        attempts++;
        lastError = result.reason();
        lastOutcome = result.outcome();
        nextAttemptAt = retryAt;
        dropClaim();
    }

    /** The machine died for good: an admin deletes it with whatever of the account may be left there. */
    public void abandon(Instant now) {
        startReleasing(ReleaseCause.ABANDONED, now);
        releaseCause = ReleaseCause.ABANDONED;
        release(now);
    }

    /**
     * Tells whether no account can be on the machine: nobody ever logged in there, and the worker that was to make the
     * account has ended.
     */
    boolean isSurelyUntouched() {
        return releaseCause == ReleaseCause.PROVISIONING_FAILED && machine.wasNeverReached();
    }

    /** The account is verified gone, or there surely is none: the machine is free. */
    public void release(Instant now) {
        become(ReservationState.RELEASED);
        releasedAt = now;
        passwordHash = null;
        sshPublicKey = null;
        nextAttemptAt = null;
        dropClaim();
    }

    private void dropClaim() {
        claimedBy = null;
        claimedUntil = null;
    }

    private void become(ReservationState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException("reservation " + id + " is " + state + " and cannot become " + next);
        }
        state = next;
    }
}
