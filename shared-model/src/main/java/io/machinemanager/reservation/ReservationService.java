package io.machinemanager.reservation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;
import io.machinemanager.error.NoMatchingMachinesException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.reservation.RequestStore.Worker;
import io.machinemanager.user.UserSshKeyService;
import io.quarkus.logging.Log;

/** Reserves and releases machines. Do not call it inside a transaction: it waits for machines. */
@ApplicationScoped
public class ReservationService {

    private static final Duration POLL_INTERVAL = Duration.ofMillis(200);

    private final AdmissionStore admissions;
    private final RequestStore requests;
    private final AccountProvisioner provisioner;
    private final ReservationStore store;
    private final ReleaseStore releases;
    private final AccountWorker worker;
    private final CompensationRetrier compensations;
    private final EndService ends;
    private final UserSshKeyService sshKeys;
    private final RequestMetrics metrics;
    private final ReservationConfig config;

    ReservationService(AdmissionStore admissions, RequestStore requests, AccountProvisioner provisioner,
            ReservationStore store, ReleaseStore releases, AccountWorker worker, CompensationRetrier compensations,
            EndService ends, UserSshKeyService sshKeys, RequestMetrics metrics, ReservationConfig config) {
        this.admissions = admissions;
        this.requests = requests;
        this.provisioner = provisioner;
        this.store = store;
        this.releases = releases;
        this.worker = worker;
        this.compensations = compensations;
        this.ends = ends;
        this.sshKeys = sshKeys;
        this.metrics = metrics;
        this.config = config;
    }

    /**
     * Reserves machines that are free now, without an idempotency key.
     *
     * @param spec must not wait
     */
    public Lease reserve(ReservationSpec spec) {
        return switch (reserve(spec, null)) {
            case Reserved.Lent(Lease lease) -> lease;
            case Reserved.Accepted(long id) -> throw new IllegalArgumentException("request %d waits".formatted(id));
        };
    }

    /**
     * Reserves machines: all of them get the account, or none is reserved. A machine that fails, or that cannot use the
     * account's name, is replaced by another one while any is free and time is left. A request that waits goes to the queue
     * when too few machines are free.
     *
     * <p>
     * A call that is repeated with the same key reserves nothing and gets the first answer, as in the IETF draft on the
     * {@code Idempotency-Key} header; it waits for the first call while that is in progress. When the worker of the first
     * call died, its reservations are released, and this call reserves anew. A request that failed reserved nothing, so its
     * key may be used again.
     *
     * @param key 1 to 255 characters; null for none
     * @throws InvalidRequestException when the request is not valid, see {@link ReservationSpec#check}
     * @throws NoMatchingMachinesException when there are too few such machines, however long the request waits
     * @throws NotEnoughAvailableException when too few machines are free and the request does not wait
     * @throws LimitReachedException when the requester would have more than allowed
     * @throws ConflictException when no free machine can use the account's name, the key was used for another request, or the
     *         first call takes too long
     * @throws ProvisioningFailedException when machines failed and could not be replaced
     */
    public Reserved reserve(ReservationSpec spec, String key) {
        spec.check(config.queueMaxWaitMinutes());
        NewRequest wanted = NewRequest.of(spec, key, publicKeys(spec));
        // trying further machines, the last try, and releasing all of them
        long deadline = System.nanoTime() + provisioner.timeout().multipliedBy(3).toNanos();
        while (true) {
            switch (admit(wanted)) {
                case Admission.Allocated(AllocationRequest request, List<WorkItem> items) -> {
                    return serve(wanted, request, items);
                }
                case Admission.Queued(long id) -> {
                    return new Reserved.Accepted(id);
                }
                case Admission.Repeated(Lease first) -> {
                    return new Reserved.Lent(first);
                }
                case Admission.Abandoned(long id) -> {
                    requests.recover(id);
                    release(new ReservationSelector.OfRequest(id), ReleaseCause.WORKER_LOST);
                }
                case Admission.InProgress() -> {
                    if (System.nanoTime() > deadline) {
                        throw new ConflictException("The first request with this Idempotency-Key is still worked on.");
                    }
                    LockSupport.parkNanos(POLL_INTERVAL.toNanos());
                }
            }
        }
    }

    /**
     * The keys that may log in to the account: those of the request; without any, and without a password, those of the
     * requester; null for none. They are looked up here and not where the request is made, so that a request that is
     * repeated with its key stays the same when the requester's keys have changed.
     */
    private String publicKeys(ReservationSpec spec) {
        return spec.password() == null && spec.sshPublicKey() == null
                ? sshKeys.linesOf(spec.requester().userId()).orElse(null)
                : spec.publicKeyLines();
    }

    private Admission admit(NewRequest wanted) {
        try {
            return admissions.admit(wanted);
        } catch (DomainException e) {
            metrics.refused(e.code());
            throw e;
        } catch (RuntimeException e) {
            if (RetryingTransactions.mayBeDone(e) && wanted.admittedAs().get() > 0) {
                giveUp(wanted.admittedAs().get(), Worker.REFUSED_CALL, wanted.claim(), e);
            }
            throw e;
        }
    }

    /** Makes the accounts of a request that was admitted. */
    private Reserved serve(NewRequest wanted, AllocationRequest request, List<WorkItem> allocated) {
        try {
            return new Reserved.Lent(makeAccounts(request, allocated, Optional.of(wanted)));
        } catch (RuntimeException e) {
            if (giveUp(request.requestId(), Worker.CALL, request.claim(), e)) {
                return new Reserved.Accepted(request.requestId());
            }
            throw e;
        }
    }

    /** Makes the accounts of a request that has waited; never throws. */
    void serve(DispatchStore.Assignment assigned) {
        AllocationRequest request = assigned.request();
        try {
            makeAccounts(request, assigned.items(), Optional.empty());
        } catch (RuntimeException e) {
            Log.warnf("Request %d could not be served: %s", request.requestId(), e.getMessage());
            giveUp(request.requestId(), Worker.QUEUE, request.claim(), e);
        }
    }

    private Lease makeAccounts(AllocationRequest request, List<WorkItem> allocated,
            Optional<NewRequest> call) {
        List<WorkItem> made = provisioner.makeAccounts(request, allocated);
        return store.activate(request, made, call).orElseThrow(AccountProvisioner::released);
    }

    /** Not when no machine can use the account's name, or when the machines were taken back on purpose. */
    private static boolean mayRetry(RuntimeException failure) {
        return !(failure instanceof ConflictException) && !AccountProvisioner.isReleased(failure);
    }

    /**
     * Releases what a failed request has reserved. The scheduler removes what cannot be removed now.
     *
     * @return whether the request waits again
     */
    private boolean giveUp(long requestId, Worker by, UUID claim, RuntimeException cause) {
        AtomicBoolean queued = new AtomicBoolean();
        String reason = cause instanceof DomainException ? cause.getMessage() : "The service failed.";
        AtomicBoolean repeated = new AtomicBoolean();
        compensations.retry("Request " + requestId, () -> {
            // when the first try fails, a caller is told that the request has failed: it must not wait then
            boolean told = by == Worker.CALL && repeated.getAndSet(true) && !queued.get();
            Worker as = told ? Worker.REFUSED_CALL : by;
            RequestStore.GivenUp given = requests.giveUp(requestId, as, claim, reason,
                    as != Worker.REFUSED_CALL && mayRetry(cause));
            queued.set(given.queued());
            worker.remove(claim, given.removals());
        }, cause);
        return queued.get();
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

    private ReleaseReport release(ReservationSelector selector, ReleaseCause cause) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = releases.claimForRelease(selector, cause, claim, true);
        int released = worker.remove(claim, items);
        return new ReleaseReport(released, releases.pending(selector));
    }

    /**
     * Moves the end of a running reservation to a later or earlier time. A later end counts only once the machine has it.
     *
     * @throws NotFoundException when there is no such reservation
     * @throws ConflictException when it is not running
     * @throws InvalidRequestException when the new end is not in the future, or exceeds what the owner may have
     * @throws ProvisioningFailedException when the machine does not take a later end
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
        ends.move(new EndScope.OneReservation(reservationId, condition), newEnd, request -> {
        });
        return store.details(reservationId).reservation();
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
        requests.recoverLost(limit);
        requests.endNotKeptAlive(limit);
        UUID claim = UUID.randomUUID();
        return new RemovalBatch(worker, claim, releases.claimDue(claim, limit));
    }
}
