package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.LostRaceException;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.group.LimitsService;
import io.machinemanager.group.UserLimits;
import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/** Allocates free machines to requests. */
@ApplicationScoped
class AllocationStore {

    private final RetryingTransactions transactions;
    private final SecretBox secrets;
    private final QueuePlanning queue;
    private final ReservationConfig config;
    private final LimitsService limits;
    private final AccountEnds ends;
    private final DatabaseClock clock;

    AllocationStore(RetryingTransactions transactions, SecretBox secrets, QueuePlanning queue,
            ReservationConfig config, LimitsService limits, AccountEnds ends, DatabaseClock clock) {
        this.transactions = transactions;
        this.secrets = secrets;
        this.queue = queue;
        this.config = config;
        this.limits = limits;
        this.ends = ends;
        this.clock = clock;
    }

    /**
     * Allocates free machines in place of those that failed, in one short transaction: as many as are asked for, or none.
     *
     * @param request the request, under whose claim the new reservations are
     * @param count how many machines
     * @param tried the ids of the machines that the request has tried before
     * @return one item for each machine
     * @throws NotEnoughAvailableException when fewer machines are free that no earlier request needs
     * @throws ProvisioningFailedException when the request was taken back, or its claim was lost
     */
    List<WorkItem> replace(AllocationRequest request, int count, Set<Long> tried) {
        AllocationRequest without = request.without(tried);
        List<WorkItem> items = transactions.call(() -> {
            QueuePlanning.Status status = queue.enter(without.filter(), count);
            checkUser(request.requester(), LockModeType.NONE);
            // its rows would belong to no worker if the request was given up or taken over meanwhile
            Request.lockById(request.requestId())
                    .filter(of -> of.state == RequestState.PROVISIONING && of.isClaimedBy(request.claim()))
                    .orElseThrow(AccountProvisioner::released);
            return insert(take(without, count, status), without, status.now());
        });
        items.forEach(item -> Log.infof("%s allocated to request %s", item, request.requestId()));
        return items;
    }

    /** Tells whether there are enabled machines other than these that the request may get. */
    boolean hasOthers(AllocationRequest request, Set<Long> excluded) {
        return transactions.call(() -> FreeMachines.countEnabled(request.filter().without(excluded)) > 0);
    }

    /**
     * Checks in the caller's transaction what a user may have.
     *
     * @return the limits of the user
     * @throws ForbiddenException when the user was deleted
     * @throws LimitReachedException when the user would have more machines than allowed
     * @throws InvalidRequestException when the duration is longer than the user may have
     */
    UserLimits checkRequester(ReservationSpec spec) {
        Requester requester = spec.requester();
        UserLimits allowed = limits.of(requester.userId()).orElseThrow(() -> isGone(requester));
        allowed.checkMinutes(spec.minutes());
        if (!allowed.machines().isNone() || !allowed.queued().isNone() && spec.options().waits()) {
            // one request of a user after the other, so that two at the same instant do not exceed a limit together
            checkUser(requester, LockModeType.PESSIMISTIC_WRITE);
        }
        if (!allowed.machines().isNone()) {
            allowed.checkMachines(Reservation.countInUse(requester.userId()), spec.count());
        }
        return allowed;
    }

    private static void checkUser(Requester requester, LockModeType lock) {
        if (User.findById(requester.userId(), lock) == null) {
            throw isGone(requester);
        }
    }

    private static ForbiddenException isGone(Requester requester) {
        return new ForbiddenException("The user %s does not exist any more.".formatted(requester.name()));
    }

    /** Reads the clock and the state of the queue in the caller's transaction, see {@link QueuePlanning#enter}. */
    QueuePlanning.Status enterQueue(MachineFilter filter, int count) {
        return queue.enter(filter, count);
    }

    /**
     * Locks machines for a request in the caller's transaction. Machines that an earlier request waits for are not taken.
     *
     * @param status the state that {@link #enterQueue} returned
     * @throws NotEnoughAvailableException when too few are free
     */
    List<FreeMachine> take(AllocationRequest request, int count, QueuePlanning.Status status) {
        int spares = FreeMachines.spares(config.sparePoolPercent(), request.requester().userId());
        if (!status.isAnyWaiting()) {
            return lockFree(request.filter(), count, spares, status.now());
        }
        if (!status.mayTake()) {
            // when more are free depends on those who wait
            throw new NotEnoughAvailableException(count,
                    Math.min(count - 1L, available(request.filter(),
                            sparesAmong(request.filter(), spares, status.now()), status.now())),
                    null);
        }
        return queue.take(request, count, spares, status.now());
    }

    /** How many of the spares are among the machines that the filter lets through. */
    private static long sparesAmong(MachineFilter filter, int spares, Instant now) {
        return spares == 0 ? 0 : Math.max(0, spares - FreeMachines.countOthers(now, filter));
    }

    private static long available(MachineFilter filter, long sparesAmong, Instant now) {
        return Math.max(0, FreeMachines.count(now, filter) - sparesAmong);
    }

    /** Locks the spares too, so that they stay free whatever other requests allocate at the same time. */
    private static List<FreeMachine> lockFree(MachineFilter filter, int count, int spares, Instant now) {
        long sparesAmong = sparesAmong(filter, spares, now);
        long wanted = count + sparesAmong;
        List<FreeMachine> machines = FreeMachines.lock(now, (int) Math.min(wanted, Integer.MAX_VALUE), filter);
        if (machines.size() < wanted) {
            long available = available(filter, sparesAmong, now);
            if (available >= count) {
                throw new LostRaceException("other requests have locked free machines");
            }
            throw new NotEnoughAvailableException(count, available,
                    FreeMachines.nextFreeAt((int) (count - available), filter).orElse(null));
        }
        return machines.subList(0, count);
    }

    /**
     * Inserts a reservation, under the request's claim, for each of the locked machines, in the caller's transaction.
     *
     * @param requested when the request was first looked at
     */
    List<WorkItem> insert(List<FreeMachine> machines, AllocationRequest request, Instant requested) {
        return machines.stream().map(machine -> insert(machine.machine(), machine.latest(), request, requested))
                .toList();
    }

    /** The same items with the ends that the accounts of a request have when its time begins now. */
    List<WorkItem> withEndsFromNow(AllocationRequest request, List<WorkItem> items) {
        Instant now = transactions.call(clock::now);
        Instant until = now.plus(Duration.ofMinutes(request.minutes()));
        return items.stream().map(item -> item.until(ends.of(request.requestId(), until, now))).toList();
    }

    /** The fencing token must exceed those that the machine has seen, even when the database's clock was set back. */
    static Instant createdAt(Instant latest, Instant now) {
        return latest == null || latest.isBefore(now) ? now : latest.plus(1, ChronoUnit.MICROS);
    }

    private WorkItem insert(Machine machine, PastReservations.Latest latest, AllocationRequest request,
            Instant requested) {
        Instant now = latest.now();
        Reservation reservation = new Reservation();
        reservation.requestId = request.requestId();
        reservation.machine = machine;
        reservation.machineName = machine.name;
        reservation.ownerId = request.requester().userId();
        reservation.ownerName = request.requester().name();
        reservation.account = request.account();
        reservation.passwordHash = request.login().passwordHash();
        reservation.sshPublicKey = request.login().publicKeys();
        reservation.state = ReservationState.PROVISIONING;
        reservation.requestedAt = requested;
        reservation.createdAt = createdAt(latest.createdAt(), now);
        reservation.durationMinutes = request.minutes();
        reservation.reservedUntil = now.plus(Duration.ofMinutes(request.minutes()));
        reservation.claimedBy = request.claim().toString();
        reservation.persist();
        ReservationEvent.record(reservation, now, Kind.ALLOCATED, null);
        return WorkItem.of(reservation, config.sudo(), secrets)
                .until(ends.ofAllocation(request.requestId(), reservation.reservedUntil, now));
    }
}
