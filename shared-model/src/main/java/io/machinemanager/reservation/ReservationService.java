package io.machinemanager.reservation;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountPassword;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;

/** Reserves and releases machines. Do not call it inside a transaction: it waits for machines. */
@ApplicationScoped
public class ReservationService {

    private final AllocationStore allocations;
    private final AccountProvisioner provisioner;
    private final ReservationStore store;
    private final ReleaseStore releases;
    private final AccountWorker worker;
    private final CompensationRetrier compensations;
    private final ReservationConfig config;

    ReservationService(AllocationStore allocations, AccountProvisioner provisioner, ReservationStore store,
            ReleaseStore releases, AccountWorker worker, CompensationRetrier compensations,
            ReservationConfig config) {
        this.allocations = allocations;
        this.provisioner = provisioner;
        this.store = store;
        this.releases = releases;
        this.worker = worker;
        this.compensations = compensations;
        this.config = config;
    }

    /**
     * Reserves machines: all of them get the account, or none is reserved. A machine that fails, or that cannot use the
     * account's name, is replaced by another one while any is free and time is left.
     *
     * @throws InvalidRequestException when the request is not valid, see {@link ReservationSpec#check}, or too long
     * @throws NotEnoughAvailableException when too few machines are free
     * @throws LimitReachedException when the requester would have too many machines
     * @throws ConflictException when no free machine can use the account's name
     * @throws ProvisioningFailedException when machines failed and could not be replaced
     */
    public Lease reserve(ReservationSpec spec) {
        return reserve(spec, UUID.randomUUID(), LeaseRecorder.NONE);
    }

    /** Like {@link #reserve(ReservationSpec)}, under a request id that the caller has chosen. */
    public Lease reserve(ReservationSpec spec, UUID requestId, LeaseRecorder recorder) {
        check(spec);
        String publicKey = spec.publicKeyLine();
        String generated = spec.password() == null && publicKey == null ? AccountPassword.generate() : null;
        AllocationRequest request = new AllocationRequest(requestId.toString(), spec.requester(), spec.account(),
                new AccountLogin(hash(generated == null ? spec.password() : generated), publicKey, config.sudo()),
                spec.minutes(), UUID.randomUUID());
        List<WorkItem> allocated = allocate(request, spec.count(), recorder);
        try {
            List<WorkItem> made = provisioner.makeAccounts(request, allocated);
            Instant until = store
                    .activate(request.claim(), made, spec.minutes(),
                            end -> recorder.keep(lease(request, made, end, generated)))
                    .orElseThrow(AccountProvisioner::released);
            return lease(request, made, until, generated);
        } catch (RuntimeException e) {
            compensate(request, recorder, e);
            throw e;
        }
    }

    private List<WorkItem> allocate(AllocationRequest request, int count, LeaseRecorder recorder) {
        try {
            return allocations.allocate(request, count, Set.of());
        } catch (RuntimeException e) {
            if (RetryingTransactions.mayBeDone(e)) {
                compensate(request, recorder, e);
            }
            throw e;
        }
    }

    /**
     * Checks a request without looking at machines or at the requester's limits.
     *
     * @throws InvalidRequestException when it is not valid
     */
    public void check(ReservationSpec spec) {
        spec.check();
    }

    private static String hash(String password) {
        return password == null ? AccountPassword.NONE : AccountPassword.hash(password);
    }

    /**
     * Releases what the failed request has reserved. The scheduler removes what cannot be removed now. Nothing is released
     * when the request succeeded, only the database's answer was lost, and a repeated request was given the lease since.
     */
    private void compensate(AllocationRequest request, LeaseRecorder recorder, RuntimeException cause) {
        compensations.retry("Request " + request.requestId(), () -> {
            if (recorder.forget()) {
                worker.remove(request.claim(),
                        releases.claimForRelease(new ReservationSelector.OfRequest(request.requestId()),
                                ReleaseCause.PROVISIONING_FAILED, request.claim(), false));
            }
        }, cause);
    }

    private static Lease lease(AllocationRequest request, List<WorkItem> made, Instant until, String generated) {
        List<Lease.LentMachine> machines = made.stream().map(item -> new Lease.LentMachine(item.reservationId(),
                item.target().machine(), item.target().host(), item.target().port()))
                .sorted(Comparator.comparing(Lease.LentMachine::name)).toList();
        return new Lease(request.requestId(), request.account(), machines, until, request.minutes(), generated);
    }

    /** Releases all reservations and waits for the removal of their accounts. */
    public ReleaseReport releaseAll() {
        return release(new ReservationSelector.All(), ReleaseCause.RELEASED_ALL);
    }

    /**
     * Releases one reservation before its end and waits for the removal of its account. A removal that another worker has
     * begun is not waited for; the machine is reported as pending.
     *
     * @throws NotFoundException when there is no live reservation with this id
     */
    public ReleaseReport release(long reservationId) {
        ReservationSelector selector = new ReservationSelector.One(reservationId);
        if (!releases.isLive(selector)) {
            throw new NotFoundException("There is no live reservation %d.".formatted(reservationId));
        }
        return release(selector, ReleaseCause.GIVEN_BACK);
    }

    /** Releases the live reservations of a request, if any. The scheduler removes what cannot be removed now. */
    public void releaseRequest(String requestId) {
        release(new ReservationSelector.OfRequest(requestId), ReleaseCause.WORKER_LOST);
    }

    private ReleaseReport release(ReservationSelector selector, ReleaseCause cause) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = releases.claimForRelease(selector, cause, claim, true);
        int released = worker.remove(claim, items);
        return new ReleaseReport(released, releases.pending(selector));
    }

    /**
     * Moves the end of a running reservation to a later or earlier time.
     *
     * @throws NotFoundException when there is no such reservation
     * @throws ConflictException when it is not running
     * @throws InvalidRequestException when the new end is not in the future, or exceeds what the owner may have
     */
    public Reservation extend(long reservationId, NewEnd newEnd) {
        return extend(reservationId, newEnd, current -> {
        });
    }

    /**
     * Moves the end on a condition.
     *
     * @param condition is given the locked reservation before the change; an exception from it cancels the change
     */
    public Reservation extend(long reservationId, NewEnd newEnd, Consumer<ReservationDetails> condition) {
        return store.extend(reservationId, newEnd, condition);
    }

    /**
     * Returns one reservation, live or past, with its events.
     *
     * @throws NotFoundException when there is no such reservation
     */
    public ReservationDetails details(long reservationId) {
        return store.details(reservationId);
    }

    /**
     * Claims the removals that are due: expired reservations, failed removals whose pause is over, and work whose claim ran
     * out because its worker died.
     *
     * @param limit how many at most
     * @return the claimed work, to be finished at once: no other worker does it
     */
    public RemovalBatch claimDue(int limit) {
        UUID claim = UUID.randomUUID();
        return new RemovalBatch(worker, claim, releases.claimDue(claim, limit));
    }
}
