package io.machinemanager.pool;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import org.hibernate.StatelessSession;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.database.TimedResult;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.DuplicateHosts;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** The machines together with who holds them. */
@ApplicationScoped
public class PoolService {

    // Beyond the names of all machines, which are of ASCII.
    private static final String PAST_ALL = "\u007f";

    // How many machines are on their way from the database at once.
    private static final int AT_ONCE = 1000;

    private static final String POOLED = "select new io.machinemanager.pool.PooledMachine(m.name, m.host, m.port,"
            + " m.sshUser, %s, m.enabled, m.sharedHost, m.lastSeenAt, m.unavailableUntil, m.unavailableReason,"
            + " m.pausedUntil, m.pausedReason, m.unusableReason, m.duplicateReason, m.strayReason, r.state, r.ownerName, r.reservedUntil, r.lastError), "
            + ReadOnlyQueries.NOW
            + " from Machine m left join Reservation r on r.liveMachineId = m.id where m.name %s :name order by m.name";

    private final ReadOnlyQueries reads;
    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final AuditLog audit;

    PoolService(ReadOnlyQueries reads, RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets,
            AuditLog audit) {
        this.reads = reads;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.audit = audit;
    }

    /**
     * The pool by name.
     *
     * @param offset how many to leave out at the start
     * @param limit how many at the most
     */
    public TimedResult<PooledMachine> list(int offset, int limit) {
        return reads.call(session -> {
            // the index alone leads to the place: with the join, the database would sort all machines first
            String first = offset == 0
                    ? ""
                    : session.createSelectionQuery("select m.name from Machine m order by m.name", String.class)
                            .setFirstResult(offset).setMaxResults(1).getResultStream().findFirst().orElse(PAST_ALL);
            return part(session, ">=", first, limit);
        });
    }

    /**
     * The machines by name that come after one.
     *
     * @param name a name, of a machine or not
     * @param limit how many at the most
     */
    public TimedResult<PooledMachine> after(String name, int limit) {
        return reads.call(session -> part(session, ">", name, limit));
    }

    private static TimedResult<PooledMachine> part(StatelessSession session, String beyond, String name, int limit) {
        return ReadOnlyQueries.snapshot(session, session
                .createSelectionQuery(POOLED.formatted("cast(null as String)", beyond), Object[].class)
                .setParameter("name", name).setMaxResults(limit), PooledMachine.class);
    }

    /**
     * Tells of each machine in one line, by name, all at one moment and without having all of them in memory.
     *
     * @param take is called for each, and must not wait for anything
     */
    public void glance(Consumer<MachineSummary> take) {
        reads.call(session -> {
            session.createSelectionQuery(
                    "select new io.machinemanager.pool.MachineSummary(m.name, m.enabled, r.state,"
                            + " m.lastSeenAt, m.unavailableUntil, m.unavailableReason, m.pausedUntil, m.pausedReason,"
                            + " m.unusableReason, m.duplicateReason, m.strayReason, "
                            + ReadOnlyQueries.NOW + ") from Machine m"
                            + " left join Reservation r on r.liveMachineId = m.id order by m.name",
                    MachineSummary.class)
                    .setFetchSize(AT_ONCE).getResultStream().forEach(take);
            return null;
        });
    }

    /** How many machines there are. */
    public long count() {
        return reads.call(session -> session.createSelectionQuery("select count(*) from Machine", Long.class)
                .getSingleResult());
    }

    /**
     * The machine of that name alone.
     *
     * @throws NotFoundException when there is none
     */
    public TimedResult<PooledMachine> only(String name) {
        TimedResult<PooledMachine> found = reads.call(session -> ReadOnlyQueries.snapshot(session, session
                .createSelectionQuery(POOLED.formatted("m.hostKeys", "="), Object[].class).setParameter("name", name),
                PooledMachine.class));
        if (found.rows().isEmpty()) {
            throw unknown(name);
        }
        return found;
    }

    /**
     * Changes a machine. One that is lent can neither move nor be replaced by another behind the same name: its account
     * would be looked for in the wrong place.
     *
     * @param change what is to be changed. When the machine moves and no host keys are given, they are recorded at the
     *        first contact
     * @throws NotFoundException when there is none of that name
     * @throws ConflictException when it is to move while it is reserved or being cleaned, or when another machine is the
     *         same host then
     * @throws InvalidRequestException when it is to move and no log-in is given in place of a password on record
     */
    public TimedResult<PooledMachine> change(String name, MachineChange change) {
        return change(name, change, seen -> {
        });
    }

    /**
     * Changes a machine on a condition.
     *
     * @param condition is given the machine as it is before the change, when nothing else can change it any more; what it
     *        throws leaves the machine as it is
     */
    public TimedResult<PooledMachine> change(String name, MachineChange change,
            Consumer<TimedResult<PooledMachine>> condition) {
        transactions.run(() -> {
            if (change.touchesHost()) {
                DuplicateHosts.lock();
            }
            Machine machine = Machine.lockByName(name).orElseThrow(() -> unknown(name));
            condition.accept(asItIs(machine));
            boolean moves = change.moves(machine.host, machine.port);
            if (moves) {
                liveOn(machine).filter(live -> holds(live, machine)).ifPresent(live -> {
                    throw new ConflictException(isHeld(live) + " Its address can change once it is free.");
                });
                if (change.misdirectsPassword(machine)) {
                    throw new InvalidRequestException("Give the password again for another address.",
                            List.of("password"));
                }
            }
            apply(change, machine, moves);
            audit.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, name).detail(change.toString()));
        });
        Log.infof("Machine %s changed: %s", name, change);
        return only(name);
    }

    private void apply(MachineChange change, Machine machine, boolean moves) {
        String keysBefore = machine.hostKeys;
        boolean sharedBefore = machine.sharedHost;
        if (moves) {
            machine.moveTo(Optional.ofNullable(change.host()).orElse(machine.host),
                    Optional.ofNullable(change.port()).orElse(machine.port));
        }
        Optional.ofNullable(change.user()).ifPresent(user -> machine.sshUser = user);
        Optional.ofNullable(change.login()).ifPresent(login -> machine.seal(login, secrets));
        Optional.ofNullable(change.enabled()).ifPresent(enabled -> machine.enabled = enabled);
        Optional.ofNullable(change.hostKeys()).ifPresent(keys -> machine.hostKeys = keys);
        Optional.ofNullable(change.sharedHost()).ifPresent(shared -> machine.sharedHost = shared);
        if (moves || !Objects.equals(keysBefore, machine.hostKeys) || machine.sharedHost != sharedBefore) {
            DuplicateHosts.refuse(machine);
            machine.duplicateReason = null;
        }
        if (change.isWorthATry()) {
            // another host key is accepted by a key alone
            if (machine.unavailableCause != Machine.Trouble.HOST_KEY || moves || change.hostKeys() != null) {
                machine.forgetFailures();
            } else {
                machine.endPause();
            }
            machine.nextProbeAt = clock.now();
            Reservation.endPause(machine, machine.nextProbeAt);
        }
    }

    /**
     * Takes a machine out of the pool for good. Its history stays, under its name.
     *
     * @param force whether a reservation that it has ends with it, without the removal of the account
     * @return what may be left on the host; nothing when that is nothing
     * @throws NotFoundException when there is none of that name
     * @throws ConflictException while it is reserved or being cleaned, without {@code force}
     */
    public Optional<AbandonedAccount> delete(String name, boolean force) {
        return delete(name, force, seen -> {
        });
    }

    /**
     * Deletes a machine on a condition.
     *
     * @param condition as for a change
     */
    public Optional<AbandonedAccount> delete(String name, boolean force,
            Consumer<TimedResult<PooledMachine>> condition) {
        Optional<AbandonedAccount> left = transactions.call(() -> {
            Machine machine = Machine.lockByName(name)
                    .orElseThrow(() -> unknown(name));
            condition.accept(asItIs(machine));
            Optional<Reservation> held = liveOn(machine);
            Optional<AbandonedAccount> behind = held.filter(live -> holds(live, machine)).map(live -> {
                AbandonedAccount there = AbandonedAccount.of(live, machine);
                if (!force) {
                    throw new ConflictException(
                            ("%s If it died for good, delete it with ?force=true: its reservation ends"
                                    + " at once, and %s").formatted(isHeld(live), there));
                }
                abandon(live, there);
                return there;
            });
            held.ifPresent(ended -> ended.machine = null);
            Reservation.update("machine = null where machine = ?1", machine);
            machine.delete();
            Machine.update("nextProbeAt = ?1 where duplicateReason is not null", clock.now());
            audit.record(AuditEvent.of(AuditAction.MACHINE_DELETED, name)
                    .detail(behind.map(there -> "by force: " + there).orElse(null)));
            return behind;
        });
        Log.infof("Machine %s deleted%s", name, left.map(there -> " by force: " + there).orElse(""));
        return left;
    }

    private TimedResult<PooledMachine> asItIs(Machine machine) {
        return new TimedResult<>(clock.now(), List.of(PooledMachine.of(machine, liveOn(machine))));
    }

    private void abandon(Reservation live, AbandonedAccount there) {
        Instant now = clock.now();
        live.abandon(now);
        ReservationEvent.record(live, now, Kind.ABANDONED, there.toString());
        audit.record(live.act(AuditAction.RESERVATION_ENDED, ReleaseCause.ABANDONED.name()));
    }

    private static Optional<Reservation> liveOn(Machine machine) {
        return Reservation.<Reservation>find("liveMachineId", machine.id).withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    /** Tells whether a live reservation holds its machine. One of a machine on which nothing can have been made ends here. */
    private boolean holds(Reservation live, Machine machine) {
        // No worker logs in later: without host keys it asks for them, and gets none once the machine moved or was deleted.
        if (live.state == ReservationState.RELEASING && machine.wasNeverReached()) {
            live.release(clock.now());
            ReservationEvent.record(live, live.releasedAt, Kind.NOTHING_MADE, null);
            return false;
        }
        return true;
    }

    private static String isHeld(Reservation live) {
        return live.state == ReservationState.RELEASING
                ? "The machine %s is still being cleaned.".formatted(live.machineName)
                : "The machine %s is reserved.".formatted(live.machineName);
    }

    private static NotFoundException unknown(String name) {
        return new NotFoundException("There is no machine named %s.".formatted(name));
    }
}
