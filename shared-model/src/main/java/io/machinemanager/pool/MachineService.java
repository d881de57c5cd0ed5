package io.machinemanager.pool;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.database.TimedResult;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.group.MachineAccessCache;
import io.machinemanager.group.MachineGroup;
import io.machinemanager.machine.DuplicateHosts;
import io.machinemanager.machine.Labels;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.MachineLabel;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.reservation.QueueSignal;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** Registers, changes and deletes machines. {@link PoolService} reads them. */
@ApplicationScoped
public class MachineService {

    private final PoolService pool;
    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final AuditLog audit;
    private final MachineAccessCache access;
    private final QueueSignal queue;

    MachineService(PoolService pool, RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets,
            AuditLog audit, MachineAccessCache access, QueueSignal queue) {
        this.pool = pool;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.audit = audit;
        this.access = access;
        this.queue = queue;
    }

    /**
     * Adds a machine to the pool.
     *
     * @param hostKeys its SSH host keys, {@code type base64} a line; null to record those of the first contact
     * @throws ConflictException when the name is taken, or another machine is the same host
     * @throws InvalidRequestException when there is no group with one of the names
     */
    public Machine register(NewMachine wanted, String hostKeys) {
        Machine registered = changingAccess(() -> {
            DuplicateHosts.lock();
            if (Machine.byName(wanted.name()).isPresent()) {
                throw new ConflictException("A machine named %s exists already.".formatted(wanted.name()));
            }
            Machine machine = new Machine();
            machine.name = wanted.name();
            machine.host = wanted.host();
            machine.port = wanted.port();
            machine.sshUser = wanted.user();
            machine.hostKeys = hostKeys;
            machine.sharedHost = wanted.sharedHost();
            machine.createdAt = clock.now();
            machine.nextProbeAt = machine.createdAt;
            machine.persist();
            DuplicateHosts.refuse(machine);
            machine.seal(wanted.login(), secrets);
            if (!wanted.groups().isEmpty()) {
                assignGroups(machine, wanted.groups());
            }
            MachineLabel.replace(machine.id, wanted.labels());
            audit.record(AuditEvent.of(AuditAction.MACHINE_REGISTERED, machine.name)
                    .detail("at %s port %d as %s%s%s".formatted(machine.host, machine.port, machine.sshUser,
                            wanted.groups().isEmpty() ? "" : ", groups " + wanted.groups(),
                            wanted.labels().isEmpty() ? "" : ", labels " + Labels.describe(wanted.labels()))));
            return machine;
        });
        Log.infof("Machine %s registered at %s:%d%s", registered.name, registered.host, registered.port,
                hostKeys == null ? "; its host keys will be recorded at the first contact" : "");
        return registered;
    }

    /**
     * Changes a machine. The address of a lent machine cannot change: its account would be looked for on another host.
     *
     * @param change when it changes the address and gives no host keys, those of the first contact are recorded
     * @throws NotFoundException when there is no machine with this name
     * @throws ConflictException when the address is to change while the machine is reserved or being cleaned, or when
     *         another machine is the same host
     * @throws InvalidRequestException when the address is to change and a stored password is not given again, there is no
     *         group with one of the names, or the machine would have too many labels
     */
    public TimedResult<PooledMachine> change(String name, MachineChange change) {
        return change(name, change, current -> {
        });
    }

    /**
     * Changes a machine on a condition.
     *
     * @param condition is given the locked machine before the change; an exception from it cancels the change
     */
    public TimedResult<PooledMachine> change(String name, MachineChange change,
            Consumer<TimedResult<PooledMachine>> condition) {
        changingAccess(() -> {
            if (change.touchesHost()) {
                DuplicateHosts.lock();
            }
            Machine machine = lock(name);
            condition.accept(current(machine));
            boolean moves = change.moves(machine.host, machine.port);
            if (moves) {
                checkMove(machine, change);
            }
            apply(change, machine, moves);
            audit.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, name).detail(change.toString()));
            return machine;
        });
        Log.infof("Machine %s changed: %s", name, change);
        queue.machinesChanged();
        return pool.only(name);
    }

    /** A present reservation goes on, also when its user is not in the new groups. */
    private static void assignGroups(Machine machine, List<String> names) {
        // the rows that name the machine need its row
        Machine.flush();
        MachineGroup.replace(machine.id, names);
    }

    /** Clears the cache even after a failure: the change may be committed although the database's answer was lost. */
    private Machine changingAccess(Supplier<Machine> change) {
        try {
            return transactions.call(change);
        } finally {
            access.forget();
        }
    }

    private void checkMove(Machine machine, MachineChange change) {
        liveOn(machine).filter(live -> isInUse(live, machine)).ifPresent(live -> {
            throw new ConflictException(useOf(live) + " Its address can change once it is free.");
        });
        if (change.misdirectsPassword(machine)) {
            throw new InvalidRequestException("Give the password again for another address.", List.of("password"));
        }
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
        Optional.ofNullable(change.groups()).ifPresent(names -> assignGroups(machine, names));
        Optional.ofNullable(change.sharedHost()).ifPresent(shared -> machine.sharedHost = shared);
        applyLabels(change, machine, moves);
        if (moves || !Objects.equals(keysBefore, machine.hostKeys) || machine.sharedHost != sharedBefore) {
            DuplicateHosts.refuse(machine);
            machine.duplicateReason = null;
        }
        if (change.isWorthATry()) {
            // a changed host key stays a reason until an admin accepts the new key
            if (machine.unavailableCause != UnavailableCause.HOST_KEY || moves || change.hostKeys() != null) {
                machine.clearFailures();
            } else {
                machine.endPause();
            }
            machine.nextProbeAt = clock.now();
            Reservation.endAnyPause(machine, machine.nextProbeAt);
        }
    }

    /** At another address there may be another host, so what was found at the old one is removed. */
    private static void applyLabels(MachineChange change, Machine machine, boolean moves) {
        if (change.labels() != null || moves) {
            SortedMap<String, String> before = MachineLabel.of(machine.id);
            MachineLabel.replace(machine.id,
                    Labels.merge(moves ? Labels.replaceOfTheService(before, Map.of()) : before,
                            change.labels() == null ? Map.of() : change.labels()));
        }
    }

    /**
     * Deletes a machine. The history of its reservations stays, under its name.
     *
     * @param force whether a live reservation ends with the machine, without the removal of its account
     * @return the account that may be left on the host; empty when there is none
     * @throws NotFoundException when there is no machine with this name
     * @throws ConflictException when the machine is reserved, being cleaned or being reset, and {@code force} is false
     */
    public Optional<AbandonedAccount> delete(String name, boolean force) {
        return delete(name, force, current -> {
        });
    }

    /**
     * Deletes a machine on a condition.
     *
     * @param condition is given the locked machine; an exception from it cancels the deletion
     */
    public Optional<AbandonedAccount> delete(String name, boolean force,
            Consumer<TimedResult<PooledMachine>> condition) {
        Optional<AbandonedAccount> abandoned = transactions.call(() -> {
            Machine machine = lock(name);
            condition.accept(current(machine));
            Optional<Reservation> live = liveOn(machine);
            Optional<AbandonedAccount> left = live.filter(reservation -> isInUse(reservation, machine))
                    .flatMap(reservation -> abandon(reservation, machine, force));
            live.ifPresent(ended -> ended.machine = null);
            Reservation.update("machine = null where machine = ?1", machine);
            machine.delete();
            // the machine that was deleted may be the one that others duplicated
            Machine.update("nextProbeAt = ?1 where duplicateReason is not null", clock.now());
            audit.record(AuditEvent.of(AuditAction.MACHINE_DELETED, name)
                    .detail(left.map(account -> "by force: " + account).orElse(null)));
            return left;
        });
        Log.infof("Machine %s deleted%s", name, abandoned.map(account -> " by force: " + account).orElse(""));
        return abandoned;
    }

    /** Returns the account that may be left; empty when it is gone, and only the reset is not done. */
    private Optional<AbandonedAccount> abandon(Reservation live, Machine machine, boolean force) {
        if (live.accountGoneAt != null) {
            abandonReset(live, force);
            return Optional.empty();
        }
        AbandonedAccount account = AbandonedAccount.of(live, machine);
        if (!force) {
            throw new ConflictException(("%s If it died for good, delete it with ?force=true: its reservation ends"
                    + " at once, and %s").formatted(useOf(live), account));
        }
        Instant now = clock.now();
        live.abandon(now);
        ReservationEvent.record(live, now, Kind.ABANDONED, account.toString());
        audit.record(live.auditEvent(AuditAction.RESERVATION_ENDED, ReleaseCause.ABANDONED.name()));
        return Optional.of(account);
    }

    private void abandonReset(Reservation live, boolean force) {
        if (!force) {
            throw new ConflictException(
                    "%s If it died for good, delete it with ?force=true: it is not reset then.".formatted(useOf(live)));
        }
        Instant now = clock.now();
        live.abandon(now);
        ReservationEvent.record(live, now, Kind.ABANDONED, "The machine was deleted before it was reset.");
    }

    private static Machine lock(String name) {
        return Machine.lockByName(name).orElseThrow(() -> Machine.notFound(name));
    }

    private TimedResult<PooledMachine> current(Machine machine) {
        return new TimedResult<>(clock.now(), List.of(PooledMachine.of(machine, MachineLabel.of(machine.id),
                liveOn(machine), MachineGroup.namesOf(machine.id))));
    }

    private static Optional<Reservation> liveOn(Machine machine) {
        return Reservation.<Reservation>find("liveMachineId", machine.id).withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    /** Tells whether a live reservation uses its machine. Ends a removal on a machine where no account can exist. */
    private boolean isInUse(Reservation live, Machine machine) {
        // No worker logs in later: it asks for host keys first, and gets none after the machine was moved or deleted.
        if (live.state == ReservationState.RELEASING && machine.wasNeverReached()) {
            live.release(clock.now());
            ReservationEvent.record(live, live.releasedAt, Kind.NOTHING_MADE, null);
            return false;
        }
        return true;
    }

    private static String useOf(Reservation live) {
        return switch (live.state) {
            case RELEASING -> "The machine %s is still being cleaned.".formatted(live.machineName);
            case RESETTING -> "The machine %s is being reset.".formatted(live.machineName);
            default -> "The machine %s is reserved.".formatted(live.machineName);
        };
    }
}
