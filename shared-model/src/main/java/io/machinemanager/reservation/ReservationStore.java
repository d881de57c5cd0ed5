package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountResult;
import io.machinemanager.audit.Act;
import io.machinemanager.audit.Act.By;
import io.machinemanager.audit.Audit;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.LostRaceException;
import io.machinemanager.database.Transactions;
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
 * Every step of the life cycle as one short transaction. Nothing here talks to a machine; whoever does so in between
 * holds a claim, and a step that finds the claim gone writes nothing.
 */
@ApplicationScoped
class ReservationStore {

    private final Transactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final MachineConfig machineConfig;
    private final RemovalMetrics metrics;
    private final Audit audit;

    ReservationStore(Transactions transactions, DatabaseClock clock, SecretBox secrets, ReservationConfig config,
            MachineConfig machineConfig, RemovalMetrics metrics, Audit audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.config = config;
        this.machineConfig = machineConfig;
        this.metrics = metrics;
        this.audit = audit;
    }

    /**
     * Takes free machines out of the pool, all that are asked for or none.
     *
     * @param request what the rows are to have in common
     * @param count how many machines
     * @return one item for each machine, held by the request's claim
     * @throws NotEnoughAvailableException when fewer are free
     * @throws ConflictException when the borrower would hold more machines than allowed
     */
    List<WorkItem> allocate(ReservationRequest request, int count) {
        List<WorkItem> items = transactions.call(() -> {
            checkBorrower(request.borrower(), count);
            int keptBack = FreeMachines.keptBack(config.sparePoolPercent());
            Instant requested = clock.now();
            return hold(lockFree(requested, count, keptBack), request, requested);
        });
        items.forEach(item -> Log.infof("%s held for request %s", item, request.requestId()));
        return items;
    }

    private void checkBorrower(Borrower borrower, int count) {
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
    private List<Machine> lockFree(Instant now, int count, int keptBack) {
        long wanted = (long) count + keptBack;
        List<Machine> machines = FreeMachines.lock(now, (int) Math.min(wanted, Integer.MAX_VALUE));
        if (machines.size() < wanted) {
            long available = Math.max(0, FreeMachines.count(now) - keptBack);
            if (available >= count) {
                throw new LostRaceException("other requests are choosing among the free machines");
            }
            throw new NotEnoughAvailableException(count, available,
                    FreeMachines.nextFreeAt((int) (count - available)).orElse(null));
        }
        return machines.subList(0, count);
    }

    private List<WorkItem> hold(List<Machine> machines, ReservationRequest request, Instant requested) {
        // asked for after the locks, so that nothing of the claim is spent on waiting for them
        Instant now = clock.now();
        Map<Long, Instant> latest = Reservation.latestOn(machines.stream().map(machine -> machine.id).toList());
        Allocation allocation = new Allocation(request, requested, now, latest);
        return machines.stream().map(machine -> hold(machine, allocation)).toList();
    }

    /** What the rows that are made together have in common, with the latest row that each of their machines had. */
    private record Allocation(ReservationRequest request, Instant requested, Instant now, Map<Long, Instant> latest) {

        /** The machine knows the tokens it has seen, so they grow even when the database's clock was set back. */
        private Instant token(Machine machine) {
            Instant earlier = latest.get(machine.id);
            return earlier == null || earlier.isBefore(now) ? now : earlier.plus(1, ChronoUnit.MICROS);
        }
    }

    private WorkItem hold(Machine machine, Allocation allocation) {
        ReservationRequest request = allocation.request();
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
        return item(reservation);
    }

    private WorkItem item(Reservation reservation) {
        return WorkItem.of(reservation, login(reservation), secrets);
    }

    private AccountLogin login(Reservation reservation) {
        return new AccountLogin(reservation.passwordHash, reservation.sshPublicKey, config.sudo());
    }

    /**
     * Holds a free machine, be it one of those that are kept back, to take over from a lent one that died. Both stay held
     * until the account is made on the new one.
     *
     * @return the item for the new machine; nothing when the reservation does not run any more, when another machine is
     *         being prepared for it already, or when none is free
     */
    Optional<WorkItem> holdReplacement(long reservationId, UUID claim) {
        return transactions.call(() -> {
            Reservation dead = Reservation.lockById(reservationId).orElseThrow(() -> unknown(reservationId));
            Instant now = clock.now();
            boolean underWay = Reservation.count("requestId = ?1 and state = PROVISIONING", dead.requestId) > 0;
            List<Machine> spare = FreeMachines.lock(now, 1);
            if (!dead.isRunning(now) || underWay) {
                return Optional.empty();
            }
            if (spare.isEmpty()) {
                if (FreeMachines.count(now) > 0) {
                    throw new LostRaceException("others are at work on the free machines");
                }
                return Optional.empty();
            }
            ReservationRequest request = new ReservationRequest(dead.requestId,
                    new Borrower(dead.ownerId, dead.ownerName), dead.account, login(dead), dead.durationMinutes, claim);
            WorkItem item = hold(spare, request, now).getFirst();
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
    boolean takeOver(UUID claim, WorkItem item, long reservationId) {
        return transactions.call(() -> {
            Reservation dead = Reservation.lockById(reservationId).orElseThrow(() -> unknown(reservationId));
            List<Reservation> held = lockHeld(claim, List.of(item));
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
            audit.record(act(AuditAction.RESERVED, heir, "in place of %s, account %s until %s"
                    .formatted(dead.machineName, heir.account, heir.reservedUntil)));
            audit.record(act(AuditAction.RESERVATION_ENDED, dead, ReleaseCause.MACHINE_LOST.name()));
            ReservationEvent.record(dead, now, Kind.RELEASE_STARTED, ReleaseCause.MACHINE_LOST.name());
            return true;
        });
    }

    /** Shows a sign of life: everything held by the claim stays with it for another claim time, as does its request's key. */
    void renew(UUID claim) {
        transactions.run(() -> {
            Instant until = clock.now().plus(config.claim());
            Reservation.update("claimedUntil = ?1 where claimedBy = ?2", until, claim.toString());
            Reservation.beingMadeBy(claim).ifPresent(made -> IdempotencyKey.renew(made.ownerId, made.requestId, until));
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
            List<Reservation> held = lockHeld(claim, items);
            if (held.size() < items.size() || held.stream().anyMatch(r -> r.state != ReservationState.PROVISIONING)) {
                return Optional.empty();
            }
            for (Reservation reservation : held) {
                reservation.activate(now, until);
                reservation.machine.succeeded(now);
                ReservationEvent.record(reservation, now, Kind.ACCOUNT_MADE, null);
                audit.record(act(AuditAction.RESERVED, reservation,
                        "account %s until %s".formatted(reservation.account, until)));
            }
            alsoDone.accept(until);
            return Optional.of(until);
        });
        end.ifPresent(until -> items.forEach(item -> Log.infof("%s: active until %s", item, until)));
        return end;
    }

    /**
     * No account could be made: the machine sits out, unless it only refused the name, and is cleaned up all the same.
     *
     * @param caller who asked for it, for the audit; nothing means its owner
     * @return false when the claim was lost, in which case nothing is changed
     */
    boolean accountFailed(UUID claim, WorkItem item, AccountResult result, Optional<By> caller) {
        boolean held = transactions.call(() -> {
            List<Reservation> rows = lockHeld(claim, List.of(item));
            rows.forEach(reservation -> giveUp(reservation, result, caller, clock.now()));
            return !rows.isEmpty();
        });
        Log.warnf("%s: no account could be made: %s", item, result.reason());
        return held;
    }

    private void giveUp(Reservation reservation, AccountResult result, Optional<By> caller, Instant now) {
        ReservationEvent.record(reservation, now, Kind.ACCOUNT_FAILED, result.reason());
        reservation.startReleasing(ReleaseCause.PROVISIONING_FAILED, now);
        reservation.accountFailed(result);
        audit.record(act(AuditAction.RESERVED, reservation, result.reason()).outcome(AuditOutcome.FAILED)
                .by(caller.orElseGet(() -> new By(reservation.ownerName, null, null))));
        if (result.isMachinesFault()) {
            sitOut(reservation.machine, result, now);
        }
        if (result.isUnreachable()) {
            reservation.nextAttemptAt = now.plus(retryBackOff().after(1));
        }
    }

    /**
     * Ends live rows and claims them for the removal of their accounts. Rows that are on their way out already are
     * claimed too, when nobody works on them.
     *
     * @param which the rows, among the live ones
     * @param cause why; a row that is on its way out already keeps its own
     * @param evenIfPausing whether removals that failed and wait for their next try are taken as well
     */
    List<WorkItem> claimForRelease(LiveRows which, ReleaseCause cause, UUID claim, boolean evenIfPausing) {
        return transactions.call(() -> {
            List<WorkItem> items = release(which, cause, claim, evenIfPausing);
            if (cause == ReleaseCause.RELEASED_ALL) {
                audit.record(Act.of(AuditAction.ALL_RELEASED, null)
                        .detail("%d reservations".formatted(items.size())));
            }
            return items;
        });
    }

    /** Like {@link #claimForRelease}, as a part of the caller's transaction. */
    List<WorkItem> release(LiveRows which, ReleaseCause cause, UUID claim, boolean evenIfPausing) {
        Instant now = clock.now();
        return which.lock().stream()
                .filter(r -> r.state != ReservationState.RELEASING || isUnclaimed(r, now))
                .filter(r -> r.state != ReservationState.RELEASING || evenIfPausing || !r.nextAttemptAt.isAfter(now))
                .map(r -> release(r, cause, claim, now)).toList();
    }

    /** The names of the machines whose rows are still live, sorted. */
    List<String> pending(LiveRows which) {
        return transactions.call(() -> which.find().stream().map(r -> r.machineName).sorted().toList());
    }

    /** Claims rows that wait for somebody, whatever for: all that is left to do with any of them is the removal. */
    List<WorkItem> claimDue(UUID claim, int limit) {
        return transactions.call(() -> {
            Instant now = clock.now();
            return Reservation.lockDue(now, limit).stream().map(r -> release(r, causeOfDue(r), claim, now)).toList();
        });
    }

    private static ReleaseCause causeOfDue(Reservation due) {
        return due.state == ReservationState.PROVISIONING ? ReleaseCause.WORKER_LOST : ReleaseCause.EXPIRED;
    }

    private static boolean isUnclaimed(Reservation reservation, Instant now) {
        return reservation.claimedBy == null || !reservation.claimedUntil.isAfter(now);
    }

    private WorkItem release(Reservation reservation, ReleaseCause cause, UUID claim, Instant now) {
        if (reservation.state != ReservationState.RELEASING) {
            // who comes too late did not end it: its lateness counts
            ReleaseCause why = reservation.isOverdue(now) ? ReleaseCause.EXPIRED : cause;
            reservation.startReleasing(why, now);
            ReservationEvent.record(reservation, now, Kind.RELEASE_STARTED, why.name());
            audit.record(act(AuditAction.RESERVATION_ENDED, reservation, why.name()));
            Log.infof("Reservation %d on %s: releasing, %s", reservation.id, reservation.machineName, why);
        } else if (reservation.claimedBy != null) {
            ReservationEvent.record(reservation, now, Kind.REMOVAL_TAKEN_OVER, null);
        }
        reservation.claim(claim, now.plus(config.claim()));
        return item(reservation);
    }

    /**
     * Moves the end of a running reservation. It and the expiry exclude each other by the lock on the row: whichever comes
     * first wins wholly.
     *
     * @throws NotFoundException when there is no such reservation
     * @throws ConflictException when it does not run (any more)
     * @throws InvalidRequestException when the new end is not in the future, or is beyond the configured maximum
     */
    Reservation extend(long reservationId, NewEnd newEnd) {
        Reservation extended = transactions.call(() -> {
            Reservation reservation = Reservation.lockById(reservationId).orElseThrow(() -> unknown(reservationId));
            Instant now = clock.now();
            if (!reservation.isRunning(now)) {
                throw new ConflictException("The reservation %d is over or being made, and cannot be changed."
                        .formatted(reservationId));
            }
            reservation.moveEnd(newEnd.checked(reservation.startedAt, now, config.maxMinutes()));
            ReservationEvent.record(reservation, now, Kind.EXTENDED, "to " + reservation.reservedUntil);
            audit.record(act(AuditAction.RESERVATION_EXTENDED, reservation, "to " + reservation.reservedUntil));
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

    /**
     * The account is verified gone: the machine is free.
     *
     * @return false when the claim was lost, in which case nothing is changed
     */
    boolean released(UUID claim, WorkItem item) {
        List<Reservation> released = transactions.call(() -> {
            Instant now = clock.now();
            List<Reservation> held = lockHeld(claim, List.of(item));
            for (Reservation reservation : held) {
                reservation.release(now);
                ReservationEvent.record(reservation, now, Kind.VERIFIED_GONE, null);
                if (reservation.releaseCause != ReleaseCause.PROVISIONING_FAILED) {
                    reservation.machine.succeeded(now);
                }
            }
            return held;
        });
        for (Reservation reservation : released) {
            Log.infof("%s: account %s verified gone, the machine is free", item, item.account());
            metrics.released(reservation);
        }
        return !released.isEmpty();
    }

    /** A removal failed: it is tried again later, and until then the machine stays held. */
    void removalFailed(UUID claim, WorkItem item, AccountResult result) {
        List<Reservation> failed = transactions.call(() -> {
            Instant now = clock.now();
            List<Reservation> held = lockHeld(claim, List.of(item));
            for (Reservation reservation : held) {
                reservation.removalFailed(result, now.plus(retryBackOff().after(reservation.attempts + 1)));
                ReservationEvent.record(reservation, now, Kind.REMOVAL_FAILED, result.reason());
            }
            return held;
        });
        for (Reservation reservation : failed) {
            Log.warnf("%s: removal %d failed, next try at %s: %s", item, reservation.attempts,
                    reservation.nextAttemptAt, result.reason());
            metrics.removalFailed(result.outcome());
        }
    }

    private static Act act(AuditAction action, Reservation reservation, String what) {
        return Act.of(action, reservation.machineName)
                .detail("reservation %d of %s: %s".formatted(reservation.id, reservation.ownerName, what));
    }

    private List<Reservation> lockHeld(UUID claim, Collection<WorkItem> items) {
        return Reservation.lockAll(items.stream().map(WorkItem::reservationId).toList()).stream()
                .filter(reservation -> reservation.isClaimedBy(claim)).toList();
    }

    private void sitOut(Machine machine, AccountResult result, Instant now) {
        BackOff backOff = new BackOff(machineConfig.sitOut(), machineConfig.sitOutMax(),
                () -> ThreadLocalRandom.current().nextDouble());
        machine.failed(trouble(result), result.reason(), now.plus(backOff.after(machine.failures + 1)));
    }

    private static Trouble trouble(AccountResult result) {
        return switch (result.outcome()) {
            case HOST_KEY_CHANGED -> Trouble.HOST_KEY;
            case UNREACHABLE -> Trouble.UNREACHABLE;
            default -> Trouble.ACCOUNT_WORK;
        };
    }

    private BackOff retryBackOff() {
        return new BackOff(config.retryFirst(), config.retryLongest(), () -> ThreadLocalRandom.current().nextDouble());
    }
}
