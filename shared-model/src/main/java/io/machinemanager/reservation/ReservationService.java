package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountName;
import io.machinemanager.account.AccountPassword;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.audit.Actor;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.ssh.SshPublicKey;

/** Lends machines and takes them back. None of this may be called inside a transaction: it waits for machines. */
@ApplicationScoped
public class ReservationService {

    private final ReservationStore store;
    private final ReleaseStore releases;
    private final AccountWorker worker;
    private final CompensationRetrier owed;
    private final ReservationConfig config;
    private final AuditLog audit;

    ReservationService(ReservationStore store, ReleaseStore releases, AccountWorker worker, CompensationRetrier owed,
            ReservationConfig config, AuditLog audit) {
        this.store = store;
        this.releases = releases;
        this.worker = worker;
        this.owed = owed;
        this.config = config;
        this.audit = audit;
    }

    /**
     * Reserves machines: either all of them get the account, or none has it and none is held. Machines that fail, and those
     * on which the account's name cannot be used, are replaced by others as long as there are any and time allows.
     *
     * @throws InvalidRequestException when the order is not one that can be met
     * @throws NotEnoughAvailableException when too few machines are free
     * @throws ConflictException when the account's name cannot be used on any machine that is free, or the borrower holds
     *         too many machines
     * @throws ProvisioningFailedException when machines failed and could not be replaced
     */
    public Lease reserve(ReservationSpec order) {
        return reserve(order, UUID.randomUUID(), LeaseRecorder.NONE);
    }

    /** Like {@link #reserve(ReservationSpec)}, under a request id that the caller knows beforehand. */
    public Lease reserve(ReservationSpec order, UUID requestId, LeaseRecorder keeper) {
        check(order);
        String publicKey = publicKey(order);
        String generated = order.password() == null && publicKey == null ? AccountPassword.generate() : null;
        AllocationRequest request = new AllocationRequest(requestId.toString(), order.borrower(), order.account(),
                new AccountLogin(hash(generated == null ? order.password() : generated), publicKey, config.sudo()),
                order.minutes(), UUID.randomUUID());
        List<WorkItem> first = allocate(request, order.count(), keeper);
        try {
            List<WorkItem> made = makeAccounts(request, first);
            Instant until = store
                    .activate(request.claim(), made, order.minutes(),
                            end -> keeper.keep(lease(request, made, end, generated)))
                    .orElseThrow(ReservationService::releasedMeanwhile);
            return lease(request, made, until, generated);
        } catch (RuntimeException e) {
            giveUp(request, keeper, e);
            throw e;
        }
    }

    private List<WorkItem> allocate(AllocationRequest request, int count, LeaseRecorder keeper) {
        try {
            return store.allocate(request, count, Set.of());
        } catch (RuntimeException e) {
            if (RetryingTransactions.mayBeDone(e)) {
                giveUp(request, keeper, e);
            }
            throw e;
        }
    }

    /**
     * Tells whether an order can be met at all.
     *
     * @throws InvalidRequestException when it cannot
     */
    public void check(ReservationSpec order) {
        if (order.count() < 1) {
            throw new InvalidRequestException("count must be at least 1.");
        }
        if (order.minutes() < 1 || order.minutes() > config.maxMinutes()) {
            throw new InvalidRequestException("The duration must be 1 to %d minutes.".formatted(config.maxMinutes()));
        }
        AccountName.problemWith(order.account()).ifPresent(problem -> {
            throw new InvalidRequestException(problem);
        });
        if (order.password() != null) {
            AccountPassword.problemWith(order.password()).ifPresent(problem -> {
                throw new InvalidRequestException(problem);
            });
        }
        publicKey(order);
    }

    private static String publicKey(ReservationSpec order) {
        try {
            return order.sshPublicKey() == null ? null : SshPublicKey.parse(order.sshPublicKey()).line();
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(e.getMessage(), List.of("ssh_public_key"));
        }
    }

    private static String hash(String password) {
        return password == null ? AccountPassword.NONE : AccountPassword.hash(password);
    }

    private List<WorkItem> makeAccounts(AllocationRequest request, List<WorkItem> first) {
        long start = System.nanoTime();
        List<WorkItem> made = new ArrayList<>();
        Failed failed = new Failed(request.account(), new LinkedHashMap<>(), new HashSet<>());
        List<WorkItem> round = first;
        boolean brokeOff = false;
        while (!round.isEmpty()) {
            List<AccountResult> results = makeRound(request, round);
            Optional<AccountResult> lost = results.stream().filter(r -> r.outcome() == Outcome.RUN_LOST).findFirst();
            if (brokeOff && lost.isPresent()) {
                // it is us, and other machines would only be spoilt
                throw new ProvisioningFailedException(lost.get().reason(), failed.reasons());
            }
            brokeOff = lost.isPresent();
            int missing = sort(round, results, made, failed);
            if (missing > 0
                    && Duration.ofNanos(System.nanoTime() - start).compareTo(config.provisioningTimeout()) > 0) {
                throw failed.asFailure("No account could be made on enough machines in time");
            }
            round = missing == 0 ? List.of() : replacements(request, missing, failed);
        }
        return made;
    }

    private List<AccountResult> makeRound(AllocationRequest request, List<WorkItem> round) {
        AtomicBoolean lost = new AtomicBoolean();
        // here, because the results come to threads that know of no call
        Optional<Actor> caller = audit.caller();
        List<AccountResult> results = worker.work(request.claim(), round, Action.CREATE, (item, result) -> {
            if (!result.isDone() && !store.accountFailed(request.claim(), item, result, caller)) {
                lost.set(true);
            }
        });
        if (lost.get()) {
            throw releasedMeanwhile();
        }
        for (AccountResult result : results) {
            if (result.outcome() == Outcome.NOT_STARTED) {
                throw new ProvisioningFailedException(result.reason(), Map.of());
            }
        }
        return results;
    }

    /** Puts what was made and what failed where it belongs, and gives how many have failed. */
    private static int sort(List<WorkItem> round, List<AccountResult> results, List<WorkItem> made,
            Failed failed) {
        int missing = 0;
        for (int i = 0; i < round.size(); i++) {
            if (results.get(i).isDone()) {
                made.add(round.get(i));
            } else {
                failed.results().put(round.get(i).target().machine(), results.get(i));
                failed.machines().add(round.get(i).machineId());
                missing++;
            }
        }
        return missing;
    }

    /**
     * The machines of a request on which no account could be made.
     *
     * @param account the account's name
     * @param results what came of each, by the machine's name
     * @param machines their ids
     */
    private record Failed(String account, Map<String, AccountResult> results, Set<Long> machines) {

        /** So many are told of in a sentence. */
        private static final int MOST_TOLD = 5;

        Map<String, String> reasons() {
            Map<String, String> reasons = new LinkedHashMap<>();
            results.forEach((machine, result) -> reasons.put(machine, result.reason()));
            return reasons;
        }

        ProvisioningFailedException asFailure(String what) {
            return new ProvisioningFailedException(what + told(), reasons());
        }

        /** With no other machine left: names that were refused, and nothing else, are for the caller to change. */
        DomainException withoutOthers(boolean othersExist) {
            if (!results.values().stream().allMatch(result -> result.outcome() == Outcome.REFUSED)) {
                return asFailure("Machines failed and no others are free");
            }
            return new ConflictException("The account name %s cannot be used%s %s".formatted(account, told(),
                    othersExist
                            ? "The other machines are reserved or out of order now: try again later, or take another name."
                            : "There are no other machines: take another name."));
        }

        private String told() {
            int more = results.size() - MOST_TOLD;
            return results.entrySet().stream().limit(MOST_TOLD)
                    .map(result -> " %s: %s".formatted(result.getKey(), result.getValue().reason()))
                    .collect(Collectors.joining("", ".", more > 0 ? " And %d more.".formatted(more) : ""));
        }
    }

    private static ProvisioningFailedException releasedMeanwhile() {
        return new ProvisioningFailedException("The reservation was released before it was ready.", Map.of());
    }

    private List<WorkItem> replacements(AllocationRequest request, int missing, Failed failed) {
        try {
            List<WorkItem> others = store.allocate(request, missing, failed.machines());
            // those that are made already wait for them, however many rounds that takes
            worker.renew(request.claim());
            return others;
        } catch (NotEnoughAvailableException e) {
            throw failed.withoutOthers(store.hasOthers(failed.machines()));
        }
    }

    /**
     * Takes back whatever the failed request holds; what cannot be removed now is left to the scheduler. When only the
     * database's answer to the last step was lost, somebody who repeated the request may have it as a success by now.
     */
    private void giveUp(AllocationRequest request, LeaseRecorder keeper, RuntimeException cause) {
        owed.insist("Request " + request.requestId(), () -> {
            if (keeper.forget()) {
                worker.remove(request.claim(),
                        releases.claimForRelease(new ReservationSelector.OfRequest(request.requestId()),
                                ReleaseCause.PROVISIONING_FAILED, request.claim(), false));
            }
        }, cause);
    }

    private static Lease lease(AllocationRequest request, List<WorkItem> made, Instant until, String generated) {
        List<Lease.LentMachine> machines = made.stream().map(item -> new Lease.LentMachine(item.reservationId(),
                item.target().machine(), item.target().host(), item.target().port()))
                .sorted((a, b) -> a.name().compareTo(b.name())).toList();
        return new Lease(request.requestId(), request.account(), machines, until, request.minutes(), generated);
    }

    /** Takes back all machines, whoever has them, and waits for the removals. */
    public ReleaseReport releaseAll() {
        return release(new ReservationSelector.All(), ReleaseCause.RELEASED_ALL);
    }

    /**
     * Takes back one machine before its time and waits for the removal. When somebody else is removing its account
     * already, that is not waited for, and the machine is pending as long as it lasts.
     *
     * @throws NotFoundException when there was no live reservation of that id to begin with
     */
    public ReleaseReport giveBack(long reservationId) {
        ReservationSelector which = new ReservationSelector.One(reservationId);
        if (!releases.isLive(which)) {
            throw new NotFoundException("There is no live reservation %d.".formatted(reservationId));
        }
        return release(which, ReleaseCause.GIVEN_BACK);
    }

    /** Takes back what a request holds, if anything; what cannot be removed now is left to the scheduler. */
    public void releaseRequest(String requestId) {
        release(new ReservationSelector.OfRequest(requestId), ReleaseCause.WORKER_LOST);
    }

    /**
     * Moves the end of a running reservation to a later or earlier time.
     *
     * @throws NotFoundException when there is no such reservation
     * @throws ConflictException when it does not run (any more)
     * @throws InvalidRequestException when the new end is not in the future, or is beyond the configured maximum
     */
    public Reservation extend(long reservationId, NewEnd newEnd) {
        return extend(reservationId, newEnd, seen -> {
        });
    }

    /**
     * Moves the end on a condition.
     *
     * @param condition is given the reservation as it is before, when nothing else can change it any more; what it throws
     *        leaves the reservation as it is
     */
    public Reservation extend(long reservationId, NewEnd newEnd, Consumer<ReservationDetails> condition) {
        return store.extend(reservationId, newEnd, condition);
    }

    /**
     * One reservation, live or history, with all that happened to it.
     *
     * @throws NotFoundException when there is no such reservation
     */
    public ReservationDetails details(long reservationId) {
        return store.details(reservationId);
    }

    private ReleaseReport release(ReservationSelector which, ReleaseCause cause) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = releases.claimForRelease(which, cause, claim, true);
        int released = worker.remove(claim, items);
        return new ReleaseReport(released, releases.pending(which));
    }

    /**
     * Takes up reservations that wait for somebody: expired ones, removals to be tried again, and what a crashed service
     * left behind.
     *
     * @param limit the most that is taken up by this call
     * @return the work, to be finished at once: from now on nobody else does it
     */
    public RemovalBatch takeUpDue(int limit) {
        UUID claim = UUID.randomUUID();
        return new RemovalBatch(worker, claim, releases.claimDue(claim, limit));
    }
}
