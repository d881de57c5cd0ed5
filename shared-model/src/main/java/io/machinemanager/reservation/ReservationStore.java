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
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.audit.Actor;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.LostRaceException;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.Machine.Trouble;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/**
 * The steps of the life cycle from a free machine to one that somebody has, each as one short transaction. Nothing here
 * talks to a machine; whoever does so in between holds a claim, and a step that finds the claim gone writes nothing. The
 * way back is that of {@link ReleaseStore}.
 */
@ApplicationScoped
public class ReservationStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final MachineConfig machineConfig;
    private final AuditLog audit;
    private final Event<ClaimRenewed> renewed;

    ReservationStore(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets,
            ReservationConfig config,
            MachineConfig machineConfig, AuditLog audit, Event<ClaimRenewed> renewed) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.config = config;
        this.machineConfig = machineConfig;
        this.audit = audit;
        this.renewed = renewed;
    }

    /**
     * Takes free machines out of the pool, all that are asked for or none.
     *
     * @param request what the rows are to have in common
     * @param count how many machines
     * @param tried the ids of machines that are not to be taken: the request has had them
     * @return one item for each machine, held by the request's claim
     * @throws NotEnoughAvailableException when fewer are free
     * @throws ConflictException when the borrower would hold more machines than allowed
     */
    List<WorkItem> allocate(AllocationRequest request, int count, Set<Long> tried) {
        List<WorkItem> items = transactions.call(() -> {
            checkBorrower(request.borrower(), count);
            int keptBack = FreeMachines.keptBack(config.sparePoolPercent());
            Instant requested = clock.now();
            return hold(lockFree(requested, count, keptBack, tried), request, requested);
        });
        items.forEach(item -> Log.infof("%s held for request %s", item, request.requestId()));
        return items;
    }

    /** Tells whether any machine that is not switched off is left beside those with these ids. */
    boolean hasOthers(Set<Long> tried) {
        return transactions.call(() -> Machine.count("enabled = true and id not in ?1", tried) > 0);
    }

    private void checkBorrower(Requester borrower, int count) {
        LockModeType lock = config.maxMachines() > 0 ? LockModeType.PESSIMISTIC_WRITE : LockModeType.NONE;
        if (User.findById(borrower.userId(), lock) == null) {
            throw new ForbiddenException("The user %s does not exist any more.".formatted(borrower.name()));
        }
        if (config.maxMachines() > 0) {
            long held = Reservation.count("ownerId = ?1 and state in (PROVISIONING, ACTIVE)",
                    borrower.userId());
            if (held + count > config.maxMachines()) {
                throw new ConflictException(
                        "You hold %d machines and may hold %d.".formatted(held, config.maxMachines()));
            }
        }
    }

    /** Locking those that are kept back as well makes sure that so many are left, whatever others do meanwhile. */
    private List<Machine> lockFree(Instant now, int count, int keptBack, Set<Long> tried) {
        long triedAndFree = FreeMachines.count(now, tried);
        long othersKeptBack = Math.max(0, keptBack - triedAndFree);
        long wanted = count + othersKeptBack;
        List<Machine> machines = FreeMachines.lock(now, (int) Math.min(wanted, Integer.MAX_VALUE), tried);
        if (machines.size() < wanted) {
            long available = Math.max(0, FreeMachines.count(now) - triedAndFree - othersKeptBack);
            if (available >= count) {
                throw new LostRaceException("other requests are choosing among the free machines");
            }
            throw new NotEnoughAvailableException(count, available,
                    FreeMachines.nextFreeAt((int) (count - available)).orElse(null));
        }
        return machines.subList(0, count);
    }

    private List<WorkItem> hold(List<Machine> machines, AllocationRequest request, Instant requested) {
        // asked for after the locks, so that nothing of the claim is spent on waiting for them
        Instant now = clock.now();
        Map<Long, Instant> latest = Reservation.latestOn(machines.stream().map(machine -> machine.id).toList());
        Allocation allocation = new Allocation(request, requested, now, latest);
        return machines.stream().map(machine -> hold(machine, allocation)).toList();
    }

    /** What the rows that are made together have in common, with the latest row that each of their machines had. */
    private record Allocation(AllocationRequest request, Instant requested, Instant now, Map<Long, Instant> latest) {

        /** The machine knows the tokens it has seen, so they grow even when the database's clock was set back. */
        private Instant token(Machine machine) {
            Instant earlier = latest.get(machine.id);
            return earlier == null || earlier.isBefore(now) ? now : earlier.plus(1, ChronoUnit.MICROS);
        }
    }

    private WorkItem hold(Machine machine, Allocation allocation) {
        AllocationRequest request = allocation.request();
        Instant now = allocation.now();
        Reservation reservation = new Reservation();
        reservation.requestId = request.requestId();
        reservation.machine = machine;
        reservation.machineName = machine.name;
        reservation.ownerId = request.borrower().userId();
        reservation.ownerName = request.borrower().name();
        reservation.account = request.account();
        reservation.passwordHash = request.login().passwordHash();
        reservation.sshPublicKey = request.login().publicKey();
        reservation.state = ReservationState.PROVISIONING;
        reservation.requestedAt = allocation.requested();
        reservation.createdAt = allocation.token(machine);
        reservation.durationMinutes = request.minutes();
        reservation.reservedUntil = now.plus(Duration.ofMinutes(request.minutes()));
        reservation.claim(request.claim(), now.plus(config.claim()));
        reservation.persist();
        ReservationEvent.record(reservation, now, Kind.ALLOCATED, null);
        return WorkItem.of(reservation, config.sudo(), secrets);
    }

    /**
     * Holds a free machine, be it one of those that are kept back, to take over from a lent one that died. Both stay held
     * until the account is made on the new one.
     *
     * @return the item for the new machine; nothing when the reservation does not run any more, when another machine is
     *         being prepared for it already, or when none is free
     */
    public Optional<WorkItem> holdReplacement(long reservationId, UUID claim) {
        return transactions.call(() -> {
            Reservation dead = Reservation.lockById(reservationId).orElseThrow(() -> unknown(reservationId));
            Instant now = clock.now();
            boolean underWay = Reservation.count("requestId = ?1 and state = PROVISIONING", dead.requestId) > 0;
            Set<Long> tried = Reservation.machinesTriedFor(dead.requestId);
            // one that refused the account's name would go on to do so
            Set<Long> refused = Reservation.machinesThatRefused(dead.requestId);
            List<Machine> free = FreeMachines.lock(now, tried.size() + 1, refused);
            if (!dead.isRunning(now) || underWay) {
                return Optional.empty();
            }
            if (free.isEmpty()) {
                if (FreeMachines.count(now) > FreeMachines.count(now, refused)) {
                    throw new LostRaceException("others are at work on the free machines");
                }
                return Optional.empty();
            }
            AllocationRequest request = new AllocationRequest(dead.requestId,
                    new Requester(dead.ownerId, dead.ownerName), dead.account, WorkItem.login(dead, config.sudo()),
                    dead.durationMinutes, claim);
            Machine spare = free.stream().filter(machine -> !tried.contains(machine.id)).findFirst()
                    .orElseGet(free::getFirst);
            WorkItem item = hold(List.of(spare), request, now).getFirst();
            Log.infof("Reservation %d on %s does not answer: %s is to take over", reservationId, dead.machineName,
                    item);
            return Optional.of(item);
        });
    }

    /**
     * The account is made on the new machine: it takes over, until the same end, and the dead one is to be cleaned.
     *
     * @return false when the claim was lost or the old reservation does not run any more; then nothing is changed
     */
    public boolean takeOver(UUID claim, WorkItem item, long reservationId) {
        boolean taken = transactions.call(() -> {
            Reservation dead = Reservation.lockById(reservationId).orElseThrow(() -> unknown(reservationId));
            List<Reservation> held = Reservation.lockHeld(claim, List.of(item));
            Instant now = clock.now();
            if (held.isEmpty() || held.getFirst().state != ReservationState.PROVISIONING || !dead.isRunning(now)) {
                return false;
            }
            Reservation heir = held.getFirst();
            heir.activate(now, dead.reservedUntil);
            heir.startedAt = dead.startedAt;
            heir.durationMinutes = dead.durationMinutes;
            heir.machine.succeeded(now);
            ReservationEvent.record(heir, now, Kind.ACCOUNT_MADE, null);
            ReservationEvent.record(heir, now, Kind.REPLACES,
                    "Reservation %d on %s".formatted(dead.id, dead.machineName));
            ReservationEvent.record(dead, now, Kind.REPLACED,
                    "Reservation %d on %s".formatted(heir.id, heir.machineName));
            dead.startReleasing(ReleaseCause.MACHINE_LOST, now);
            audit.record(heir.act(AuditAction.RESERVED, "in place of %s, account %s until %s"
                    .formatted(dead.machineName, heir.account, heir.reservedUntil)));
            audit.record(dead.act(AuditAction.RESERVATION_ENDED, ReleaseCause.MACHINE_LOST.name()));
            ReservationEvent.record(dead, now, Kind.RELEASE_STARTED, ReleaseCause.MACHINE_LOST.name());
            return true;
        });
        if (taken) {
            Log.infof("%s has taken over from reservation %d, until the same end", item, reservationId);
        }
        return taken;
    }

    /**
     * Shows a sign of life: what is held by the claim stays with it for another claim time, as does its request's key.
     *
     * @param without the rows that nobody works on any more
     */
    public void renew(UUID claim, Set<Long> without) {
        transactions.run(() -> {
            Instant until = clock.now().plus(config.claim());
            Reservation.renew(claim, without, until);
            Reservation.beingMadeBy(claim)
                    .ifPresent(made -> renewed.fire(new ClaimRenewed(made.ownerId, made.requestId, until)));
        });
    }

    /**
     * All accounts of a request are made: the user's time starts for all of its machines at once.
     *
     * @param alsoDone done in the same transaction, with the end; what it throws undoes everything
     * @return the end of the reservation; nothing when the claim on any of the rows was lost, in which case none is changed
     */
    Optional<Instant> activate(UUID claim, Collection<WorkItem> items, int minutes, Consumer<Instant> alsoDone) {
        Optional<Instant> end = transactions.call(() -> {
            Instant now = clock.now();
            Instant until = now.plus(Duration.ofMinutes(minutes));
            List<Reservation> held = Reservation.lockHeld(claim, items);
            if (held.size() < items.size() || held.stream().anyMatch(r -> r.state != ReservationState.PROVISIONING)) {
                return Optional.empty();
            }
            for (Reservation reservation : held) {
                reservation.activate(now, until);
                reservation.machine.succeeded(now);
                ReservationEvent.record(reservation, now, Kind.ACCOUNT_MADE, null);
                audit.record(reservation.act(AuditAction.RESERVED,
                        "account %s until %s".formatted(reservation.account, until)));
            }
            alsoDone.accept(until);
            return Optional.of(until);
        });
        end.ifPresent(until -> items.forEach(item -> Log.infof("%s: active until %s", item, until)));
        return end;
    }

    /**
     * No account could be made: the machine sits out when that is its fault. It is cleaned up all the same, unless it is
     * certain that nothing was changed there; then it is given back at once.
     *
     * @param caller who asked for it, for the audit; nothing means its owner
     * @return false when the claim was lost, in which case nothing is changed
     */
    public boolean accountFailed(UUID claim, WorkItem item, AccountResult result, Optional<Actor> caller) {
        boolean held = transactions.call(() -> {
            List<Reservation> rows = Reservation.lockHeld(claim, List.of(item));
            rows.forEach(reservation -> giveUp(reservation, result, caller, clock.now()));
            return !rows.isEmpty();
        });
        Log.warnf("%s: no account could be made: %s", item, result.reason());
        return held;
    }

    private void giveUp(Reservation reservation, AccountResult result, Optional<Actor> caller, Instant now) {
        boolean nothingMade = reservation.state == ReservationState.PROVISIONING
                && (result.leavesNothing() || result.isUnreachable() && reservation.machine.lastSeenAt == null);
        ReservationEvent.record(reservation, now, Kind.ACCOUNT_FAILED, result.reason());
        reservation.startReleasing(ReleaseCause.PROVISIONING_FAILED, now);
        reservation.accountFailed(result);
        audit.record(reservation.act(AuditAction.RESERVED, result.reason()).outcome(AuditOutcome.FAILED)
                .by(caller.orElseGet(() -> new Actor(reservation.ownerName, null, null))));
        if (result.isMachinesFault()) {
            sitOut(reservation.machine, result, now);
        }
        if (result.isUnreachable()) {
            reservation.nextAttemptAt = now.plus(BackOff.ofRemovals(config).after(1));
        }
        if (nothingMade) {
            reservation.release(now);
            ReservationEvent.record(reservation, now, Kind.NOTHING_MADE, null);
        }
    }

    /**
     * Moves the end of a running reservation. It and the expiry exclude each other by the lock on the row: whichever comes
     * first wins wholly.
     *
     * @throws NotFoundException when there is no such reservation
     * @throws ConflictException when it does not run (any more)
     * @throws InvalidRequestException when the new end is not in the future, or is beyond the configured maximum
     */
    Reservation extend(long reservationId, NewEnd newEnd, Consumer<ReservationDetails> condition) {
        Reservation extended = transactions.call(() -> {
            Reservation reservation = Reservation.lockById(reservationId).orElseThrow(() -> unknown(reservationId));
            Instant now = clock.now();
            condition.accept(new ReservationDetails(now, reservation, ReservationEvent.of(reservationId)));
            if (!reservation.isRunning(now)) {
                throw new ConflictException("The reservation %d is over or being made, and cannot be changed."
                        .formatted(reservationId));
            }
            reservation.moveEnd(newEnd.checked(reservation.startedAt, now, config.maxMinutes()));
            ReservationEvent.record(reservation, now, Kind.EXTENDED, "to " + reservation.reservedUntil);
            audit.record(reservation.act(AuditAction.RESERVATION_EXTENDED, "to " + reservation.reservedUntil));
            return reservation;
        });
        Log.infof("Reservation %d on %s: ends at %s now", reservationId, extended.machineName, extended.reservedUntil);
        return extended;
    }

    /** One reservation, live or history, with all that happened to it. */
    ReservationDetails details(long reservationId) {
        return transactions.call(() -> {
            Reservation reservation = Reservation.withMachine(reservationId).orElseThrow(() -> unknown(reservationId));
            return new ReservationDetails(clock.now(), reservation, ReservationEvent.of(reservationId));
        });
    }

    private static NotFoundException unknown(long reservationId) {
        return new NotFoundException("There is no reservation %d.".formatted(reservationId));
    }

    /** A look may note something about the machine at the same time, and neither failure may go uncounted. */
    private void sitOut(Machine machine, AccountResult result, Instant now) {
        Machine.getEntityManager().refresh(machine, LockModeType.PESSIMISTIC_WRITE);
        if (result.outcome() == Outcome.UNUSABLE) {
            machine.unusableReason = result.reason();
            return;
        }
        BackOff backOff = BackOff.between(machineConfig.sitOut(), machineConfig.sitOutMax());
        machine.failed(trouble(result), result.reason(), now.plus(backOff.after(machine.failures + 1)));
    }

    private static Trouble trouble(AccountResult result) {
        return switch (result.outcome()) {
            case HOST_KEY_CHANGED -> Trouble.HOST_KEY;
            case UNREACHABLE -> Trouble.UNREACHABLE;
            default -> Trouble.ACCOUNT_WORK;
        };
    }
}
