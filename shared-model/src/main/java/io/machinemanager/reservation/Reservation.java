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
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * One machine lent to one user for a time. It belongs to a {@link Request}.
 *
 * <p>
 * While the account is made the row is under the claim of its request ({@link #claimedBy}). A worker that removes the
 * account or resets the machine claims the row itself until {@link #claimedUntil}; another one may take over a claim
 * that has run out. A worker that lost its claim must not write its result.
 */
@Entity
@Table(name = "reservations")
public class Reservation extends PanacheEntityBase {

    /** After so many failed resets, the next one waits although the machine answers again. */
    private static final int FAILURES_WITHOUT_PAUSE = 3;

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public Long requestId;

    /** Null after the machine was deleted; never null in a live row. */
    @ManyToOne(fetch = FetchType.LAZY)
    public Machine machine;

    @Column(length = 63)
    public String machineName;

    /** Null after the owner was deleted. */
    public Long ownerId;

    @Column(length = 64)
    public String ownerName;

    /** The account made on the machine. */
    @Column(length = 32)
    public String account;

    /** Crypt hash of the account's password; null after the release. */
    @Column(length = 128)
    public String passwordHash;

    /** The public keys that may log in to the account, one a line; null for none, and after the release. */
    @Column(columnDefinition = "text")
    public String sshPublicKey;

    @Enumerated(EnumType.STRING)
    @Column(length = 16)
    public ReservationState state;

    @Enumerated(EnumType.STRING)
    @Column(length = 24)
    public ReleaseCause releaseCause;

    /** When the allocation began. */
    public Instant requestedAt;

    /** Database time of the allocation, in microseconds; later than in any earlier row of the machine. */
    public Instant createdAt;

    /** From start to end, in whole minutes, rounded up. */
    public int durationMinutes;

    /** When all accounts of the request were made; null before. */
    public Instant startedAt;

    /** The end. While accounts are being made it is an estimate that counts from the allocation. */
    public Instant reservedUntil;

    public Instant releasedAt;

    /** Number of failed removals. */
    public int attempts;

    /** When the account was verified gone, before the reset; null while it may be there, and without a reset. */
    public Instant accountGoneAt;

    /** Number of failed resets. */
    public int failedResets;

    /** The last failure of account work, or of the reset since it began, as a sentence. */
    @Column(length = 500)
    public String lastError;

    /** The outcome that belongs to {@link #lastError}; null while no account work has failed. */
    @Enumerated(EnumType.STRING)
    @Column(length = 24)
    public Outcome lastOutcome;

    /** When the release started; null before. */
    public Instant releasingSince;

    /** When the removal, or the reset, is tried next. */
    public Instant nextAttemptAt;

    @Column(length = 36)
    public String claimedBy;

    /** Null while the account is made: then the claim lasts as long as that on the request. */
    public Instant claimedUntil;

    /** The machine's id while the reservation is live; computed by the database, with a unique constraint. */
    @Column(insertable = false, updatable = false)
    public Long liveMachineId;

    /** The machine's name while the reservation is live; computed by the database. */
    @Column(insertable = false, updatable = false, length = 63)
    public String liveMachineName;

    /** When the scheduler has to work on the account next; computed by the database. Null once it is gone. */
    @Column(insertable = false, updatable = false)
    public Instant dueAt;

    /** When the scheduler has to reset the machine next; computed by the database. Null except while it is reset. */
    @Column(insertable = false, updatable = false)
    public Instant resetDueAt;

    /** The error for an id that no reservation has. */
    static NotFoundException notFound(long id) {
        return new NotFoundException("There is no reservation %d.".formatted(id));
    }

    /** The row with this id, locked until the end of the transaction. */
    public static Optional<Reservation> lockById(long id) {
        return findByIdOptional(id, LockModeType.PESSIMISTIC_WRITE);
    }

    /** The rows with these ids, locked until the end of the transaction in the order of their ids. */
    public static List<Reservation> lockAll(Collection<Long> ids) {
        return find("id in ?1 order by id", ids).withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    /** The rows of the items that are still under this claim, locked until the end of the transaction. */
    static List<Reservation> lockClaimed(UUID claim, Collection<WorkItem> items) {
        return lockAll(items.stream().map(WorkItem::reservationId).toList()).stream()
                .filter(reservation -> reservation.isClaimedBy(claim)).toList();
    }

    /**
     * Rows on whose account the scheduler has to work: the time is up, a claim has run out, or a removal is to be tried again. They
     * are locked until the end of the transaction; rows that another transaction has locked are skipped.
     */
    public static List<Reservation> lockDue(Instant now, int limit) {
        return SkipLocked.first(find("dueAt <= ?1 order by dueAt", now), limit);
    }

    /** Rows whose machine is to be reset, locked like {@link #lockDue}. */
    static List<Reservation> lockResetDue(Instant now, int limit) {
        return SkipLocked.first(find("resetDueAt <= ?1 order by resetDueAt", now), limit);
    }

    /** Tells whether an account is one of a live row, of whatever machine. */
    public static boolean isLive(String account, long token) {
        return Reservation.<Reservation>list("account = ?1 and liveMachineId is not null", account).stream()
                .anyMatch(row -> row.token() == token);
    }

    /** How many machines a user has: allocated or active, without those that are being released. */
    static long countInUse(long userId) {
        return count("ownerId = ?1 and state in (PROVISIONING, ACTIVE)", userId);
    }

    /** How many machines each of these users has, as {@link #countInUse} counts; without users that have none. */
    static Map<Long, Long> countsInUse(Collection<Long> userIds) {
        return getEntityManager()
                .createQuery(
                        "select ownerId, count(*) from Reservation where ownerId in ?1 and state in (PROVISIONING, ACTIVE)"
                                + " group by ownerId",
                        Object[].class)
                .setParameter(1, userIds).getResultStream()
                .collect(Collectors.toMap(row -> (Long) row[0], row -> (Long) row[1]));
    }

    /**
     * Renews the claim of a worker that removes accounts or resets a machine until the given time, except on some of its
     * rows.
     *
     * @return on how many rows
     */
    static int renew(UUID claim, Set<Long> excluded, Instant until) {
        String query = "claimedUntil = ?1 where claimedBy = ?2 and state in (RELEASING, RESETTING)";
        return excluded.isEmpty()
                ? update(query, until, claim.toString())
                : update(query + " and id not in ?3", until, claim.toString(), excluded);
    }

    /** The rows of a request by machine, past ones too, with their machines fetched. */
    static List<Reservation> ofRequest(long requestId) {
        return list("from Reservation r left join fetch r.machine where r.requestId = ?1 order by r.machineName, r.id",
                requestId);
    }

    /** The live rows of a request, locked until the end of the transaction. */
    static List<Reservation> lockLiveOf(long requestId) {
        return find("requestId = ?1 and liveMachineId is not null order by id", requestId)
                .withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    /**
     * Ends the pause after a removal that failed on this machine, so that it is tried again at the given time; so too when
     * it failed so often that the machine is to be reset, but only a few times: a reset that fails after it has rebooted the
     * machine would otherwise reboot it at each probe.
     */
    public static void endPause(Machine machine, Instant now) {
        update("nextAttemptAt = ?1 where liveMachineId = ?2 and lastOutcome is not null and claimedBy is null"
                + " and nextAttemptAt > ?1 and (state = RELEASING"
                + " or state = RESETTING and accountGoneAt is null and failedResets <= ?3)", now, machine.id,
                FAILURES_WITHOUT_PAUSE);
    }

    /** Ends the pause after a failed reset, too. Only an admin asks for that. */
    public static void endAnyPause(Machine machine, Instant now) {
        endPause(machine, now);
        update("nextAttemptAt = ?1 where liveMachineId = ?2 and state = RESETTING and claimedBy is null"
                + " and nextAttemptAt > ?1", now, machine.id);
    }

    /** The row with this id, with its machine fetched. */
    public static Optional<Reservation> withMachine(long id) {
        return find("from Reservation r left join fetch r.machine where r.id = ?1", id).firstResultOptional();
    }

    /**
     * The fencing token of the account work: {@link #createdAt} in microseconds since 1970. It grows from one reservation of
     * a machine to the next, also when the database's clock was set back in between.
     */
    public long token() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, createdAt);
    }

    /** An audit event about this reservation. */
    public AuditEvent auditEvent(AuditAction action, String detail) {
        return AuditEvent.of(action, machineName).detail("reservation %d of %s: %s".formatted(id, ownerName, detail));
    }

    /** Tells whether the row is under this claim. A claim that ran out counts until another worker takes over. */
    public boolean isClaimedBy(UUID claim) {
        return claim.toString().equals(claimedBy);
    }

    /** Puts the row under a claim until the given time. */
    public void claim(UUID claim, Instant until) {
        claimedBy = claim.toString();
        claimedUntil = until;
    }

    /** Starts the user's time: the account is made. */
    public void activate(Instant now, Instant until) {
        changeState(ReservationState.ACTIVE);
        startedAt = now;
        reservedUntil = until;
        clearClaim();
    }

    /** Tells whether the time is up and the release has not started. */
    public boolean isOverdue(Instant now) {
        return state == ReservationState.ACTIVE && !reservedUntil.isAfter(now);
    }

    /** Tells whether the user may use the machine: the account is made and the end is in the future. */
    public boolean isRunning(Instant now) {
        return state == ReservationState.ACTIVE && reservedUntil.isAfter(now);
    }

    /** Moves the end of a running reservation. */
    public void moveEnd(Instant until) {
        reservedUntil = until;
        durationMinutes = (int) Math.ceilDiv(Duration.between(startedAt, until).toMillis(), 60_000);
    }

    /** Starts the release. A row that is being released, or whose account is gone, keeps its first cause. */
    public void startReleasing(ReleaseCause cause, Instant now) {
        if (state == ReservationState.RELEASING || state == ReservationState.RESETTING) {
            return;
        }
        changeState(ReservationState.RELEASING);
        releaseCause = cause;
        releasingSince = now;
        nextAttemptAt = now;
        clearClaim();
    }

    /**
     * Tells whether a playbook may still work on the machine: the reservation was taken from the worker that made the
     * account, and no removal was tried. The removal is due when the playbook has ended.
     */
    boolean maybeStillPrepared(Instant now) {
        return state == ReservationState.RELEASING && startedAt == null && lastOutcome == null
                && nextAttemptAt.isAfter(now);
    }

    /** Records why the account could not be made. */
    public void accountFailed(AccountResult result) {
        lastError = result.reason();
        lastOutcome = result.outcome();
    }

    /** Records a failed removal, to be tried again at the given time. */
    public void removalFailed(AccountResult result, Instant retryAt) {
        attempts++;
        lastError = result.reason();
        lastOutcome = result.outcome();
        nextAttemptAt = retryAt;
        clearClaim();
    }

    /** Ends the reservation without removing the account or resetting the machine, which an admin deletes by force. */
    public void abandon(Instant now) {
        startReleasing(ReleaseCause.ABANDONED, now);
        if (accountGoneAt == null) {
            releaseCause = ReleaseCause.ABANDONED;
        }
        release(now);
    }

    /** Keeps the machine for its reset, which is due at once: the account is verified gone. */
    void startResetting(Instant now) {
        resetInstead(now);
        lastError = null;
        lastOutcome = null;
        accountIsGone(now);
    }

    /** Has the machine reset at once, although its account could not be removed. */
    void resetInstead(Instant now) {
        changeState(ReservationState.RESETTING);
        nextAttemptAt = now;
        clearClaim();
    }

    /** Records a failed reset, to be tried again at the given time. */
    void resetFailed(AccountResult result, Instant retryAt) {
        failedResets++;
        lastError = result.reason();
        lastOutcome = result.outcome();
        nextAttemptAt = retryAt;
        clearClaim();
    }

    /** Gives a claimed reset back, to be done by another worker at once. */
    void giveBackReset(Instant now) {
        nextAttemptAt = now;
        clearClaim();
    }

    /**
     * Tells whether no account can be on the machine: the service never logged in there, and the worker that was to make
     * the account has ended.
     */
    boolean isCertainlyUntouched() {
        return releaseCause == ReleaseCause.PROVISIONING_FAILED && machine.wasNeverReached();
    }

    /** Frees the machine: the account is verified gone, or was certainly never made, and the machine is reset if it has to be. */
    public void release(Instant now) {
        changeState(ReservationState.RELEASED);
        releasedAt = now;
        nextAttemptAt = null;
        clearClaim();
        endAccount(now);
    }

    /** Records that the account is verified gone while the machine is reset. */
    void accountIsGone(Instant now) {
        accountGoneAt = now;
        endAccount(now);
    }

    /** When it was the last account of an active request, the request ends. */
    private void endAccount(Instant now) {
        passwordHash = null;
        sshPublicKey = null;
        Request.lockById(requestId).ifPresent(request -> request.endIfFree(now));
    }

    private void clearClaim() {
        claimedBy = null;
        claimedUntil = null;
    }

    private void changeState(ReservationState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException("reservation " + id + " is " + state + " and cannot become " + next);
        }
        state = next;
    }
}
