package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
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
import io.machinemanager.group.LimitsService;
import io.machinemanager.group.UserLimits;
import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/** Allocates free machines to requests, each time in one short transaction. */
@ApplicationScoped
class AllocationStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final LimitsService limits;

    AllocationStore(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets,
            ReservationConfig config, LimitsService limits) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.config = config;
        this.limits = limits;
    }

    /**
     * Allocates as many free machines as are asked for, or none.
     *
     * @param request the values that the new rows share
     * @param count how many machines
     * @param excluded the ids of machines that the request has tried before
     * @return one item for each machine, under the request's claim
     * @throws NotEnoughAvailableException when fewer machines are free
     * @throws LimitReachedException when the requester would have more machines than allowed
     * @throws InvalidRequestException when the duration is longer than the requester may have
     */
    List<WorkItem> allocate(AllocationRequest request, int count, Set<Long> excluded) {
        List<WorkItem> items = transactions.call(() -> {
            checkRequester(request, count);
            int spares = FreeMachines.spares(config.sparePoolPercent(), request.requester().userId());
            Instant requested = clock.now();
            return insert(lockFree(request.requester().userId(), requested, count, spares, excluded), request,
                    requested);
        });
        items.forEach(item -> Log.infof("%s allocated to request %s", item, request.requestId()));
        return items;
    }

    /** Tells whether there are enabled machines that the requester may reserve, other than these. */
    boolean hasOthers(Set<Long> excluded, Requester requester) {
        return transactions.call(() -> FreeMachines.countEnabled(excluded, requester.userId()) > 0);
    }

    private void checkRequester(AllocationRequest request, int count) {
        Requester requester = request.requester();
        UserLimits allowed = limits.of(requester.userId()).orElseThrow(() -> isGone(requester));
        allowed.checkMinutes(request.minutes());
        if (!allowed.machines().isNone()) {
            // one request of a user after the other, so that two at the same instant do not exceed the limit together
            if (User.findById(requester.userId(), LockModeType.PESSIMISTIC_WRITE) == null) {
                throw isGone(requester);
            }
            allowed.checkMachines(Reservation.countInUse(requester.userId()), count);
        }
    }

    private static ForbiddenException isGone(Requester requester) {
        return new ForbiddenException("The user %s does not exist any more.".formatted(requester.name()));
    }

    /** Locks the spares too, so that they stay free whatever other requests allocate at the same time. */
    private List<Machine> lockFree(long userId, Instant now, int count, int spares, Set<Long> excluded) {
        long freeAndExcluded = FreeMachines.count(now, excluded, userId);
        long otherSpares = Math.max(0, spares - freeAndExcluded);
        long wanted = count + otherSpares;
        List<Machine> machines = FreeMachines.lock(now, (int) Math.min(wanted, Integer.MAX_VALUE), excluded,
                userId);
        if (machines.size() < wanted) {
            long available = Math.max(0, FreeMachines.count(now, userId) - freeAndExcluded - otherSpares);
            if (available >= count) {
                throw new LostRaceException("other requests have locked free machines");
            }
            throw new NotEnoughAvailableException(count, available,
                    FreeMachines.nextFreeAt((int) (count - available), userId).orElse(null));
        }
        return machines.subList(0, count);
    }

    /**
     * Inserts a claimed reservation for each of the locked machines, in the caller's transaction.
     *
     * @param requested when the request was first looked at
     */
    List<WorkItem> insert(List<Machine> machines, AllocationRequest request, Instant requested) {
        // read after the locks were waited for, so that the claim is not shortened by the wait
        Instant now = clock.now();
        Map<Long, Instant> latest = Reservation.latestOn(machines.stream().map(machine -> machine.id).toList());
        return machines.stream()
                .map(machine -> insert(machine, request, requested, now, createdAt(latest.get(machine.id), now)))
                .toList();
    }

    /** The fencing token must exceed those that the machine has seen, even when the database's clock was set back. */
    static Instant createdAt(Instant latest, Instant now) {
        return latest == null || latest.isBefore(now) ? now : latest.plus(1, ChronoUnit.MICROS);
    }

    private WorkItem insert(Machine machine, AllocationRequest request, Instant requested, Instant now,
            Instant createdAt) {
        Reservation reservation = new Reservation();
        reservation.requestId = request.requestId();
        reservation.machine = machine;
        reservation.machineName = machine.name;
        reservation.ownerId = request.requester().userId();
        reservation.ownerName = request.requester().name();
        reservation.account = request.account();
        reservation.passwordHash = request.login().passwordHash();
        reservation.sshPublicKey = request.login().publicKey();
        reservation.state = ReservationState.PROVISIONING;
        reservation.requestedAt = requested;
        reservation.createdAt = createdAt;
        reservation.durationMinutes = request.minutes();
        reservation.reservedUntil = now.plus(Duration.ofMinutes(request.minutes()));
        reservation.claim(request.claim(), now.plus(config.claim()));
        reservation.persist();
        ReservationEvent.record(reservation, now, Kind.ALLOCATED, null);
        return WorkItem.of(reservation, config.sudo(), secrets);
    }
}
