package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.LimitReachedException;
import io.machinemanager.error.NoMatchingMachinesException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.group.UserLimits;
import io.machinemanager.secret.SealedJson;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** Admits requests, each in one short transaction: machines are allocated to it, or it goes to the queue, or it is refused. */
@ApplicationScoped
class AdmissionStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final AllocationStore allocations;
    private final SealedJson sealedJson;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final AuditLog audit;

    AdmissionStore(RetryingTransactions transactions, DatabaseClock clock, AllocationStore allocations,
            SealedJson sealedJson, SecretBox secrets, ReservationConfig config, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.allocations = allocations;
        this.sealedJson = sealedJson;
        this.secrets = secrets;
        this.config = config;
        this.audit = audit;
    }

    /**
     * Admits a request, or finds the one that an earlier call with the same idempotency key has made.
     *
     * @throws ForbiddenException when the requester was deleted
     * @throws LimitReachedException when the requester would have more than allowed
     * @throws ConflictException when the key was used for another request
     * @throws NoMatchingMachinesException when there are too few such machines, however long the request waits
     * @throws NotEnoughAvailableException when too few machines are free and the request does not wait
     */
    Admission admit(NewRequest wanted) {
        Admission admission = transactions.call(() -> earlier(wanted).orElseGet(() -> admitNew(wanted)));
        switch (admission) {
            case Admission.Allocated(AllocationRequest request, List<WorkItem> items) -> items
                    .forEach(item -> Log.infof("%s allocated to request %d", item, request.requestId()));
            case Admission.Queued(long id) -> Log.infof("Request %d waits: %s", id, wanted);
            default -> {
            }
        }
        return admission;
    }

    private Optional<Admission> earlier(NewRequest wanted) {
        if (wanted.key() == null) {
            return Optional.empty();
        }
        return Request.lockByKey(wanted.spec().requester().userId(), wanted.key())
                .map(request -> repeated(request, wanted.spec()));
    }

    private Admission repeated(Request earlier, ReservationSpec spec) {
        if (!sealedJson.matches(earlier.keyOwner(), earlier.sealedSpec, spec)) {
            throw new ConflictException("This Idempotency-Key was already used for another request.");
        }
        if (earlier.sealedAnswer != null) {
            earlier.answerGiven = true;
            return new Admission.Repeated(
                    sealedJson.open(earlier.keyOwner(), earlier.sealedAnswer, Lease.class));
        }
        if (earlier.waits()) {
            earlier.answerGiven = true;
            return new Admission.Queued(earlier.id);
        }
        return earlier.claimedUntil.isAfter(clock.now())
                ? new Admission.InProgress()
                : new Admission.Abandoned(earlier.id);
    }

    private Admission admitNew(NewRequest wanted) {
        ReservationSpec spec = wanted.spec();
        RequestOptions options = spec.options();
        MachineFilter filter = MachineFilter.of(options.selector(), options.machines(), spec.requester().userId());
        QueuePlanning.Status status = allocations.enterQueue(filter, spec.count());
        UserLimits limits = allocations.checkRequester(spec);
        Instant now = status.now();
        Request request = persist(wanted, limits.priorityIn(options.group()), now);
        AllocationRequest allocation = AllocationRequest.of(request, wanted.claim(), config.sudo());
        if (options.waits() && !status.mayTake()) {
            return enqueue(request, spec, limits, filter, now);
        }
        try {
            List<FreeMachine> machines = allocations.take(allocation, spec.count(), status);
            return new Admission.Allocated(allocation, allocations.insert(machines, allocation, now));
        } catch (NotEnoughAvailableException e) {
            if (options.waits()) {
                return enqueue(request, spec, limits, filter, now);
            }
            if (options.choosesMachines()) {
                checkMatching(filter, spec.count());
            }
            throw e;
        }
    }

    private Admission enqueue(Request request, ReservationSpec spec, UserLimits limits, MachineFilter filter,
            Instant now) {
        checkMatching(filter, spec.count());
        limits.checkQueued(Request.countQueued(request.ownerId));
        request.queue(now);
        audit.record(request.auditEvent(AuditAction.REQUEST_QUEUED, spec + request.auditedNote()));
        return new Admission.Queued(request.id);
    }

    /** Writes the row first: another call with the same key waits for this transaction at the unique constraint. */
    private Request persist(NewRequest wanted, int priority, Instant now) {
        RequestOptions options = wanted.spec().options();
        Request request = wanted.toRequest();
        request.priority = priority;
        request.createdAt = now;
        request.state = RequestState.PROVISIONING;
        request.assignedAt = now;
        request.claim(wanted.claim(), now.plus(config.claim()));
        if (options.waits()) {
            request.waitsUntil = now.plus(Duration.ofMinutes(options.waitMinutes()));
        }
        if (wanted.key() != null) {
            request.sealedSpec = sealedJson.seal(request.keyOwner(), wanted.spec());
        }
        request.keepAlive(now);
        request.persist();
        wanted.admittedAs().set(request.id);
        if (options.waits() && wanted.generated() != null) {
            request.sealedPassword = secrets.seal(request.passwordOwner(), wanted.generated());
        }
        return request;
    }

    private void checkMatching(MachineFilter filter, int count) {
        long lendable = FreeMachines.countEnabled(MachineFilter.ofUser(filter.userId()))
                - FreeMachines.spares(config.sparePoolPercent(), filter.userId());
        long matching = Math.min(FreeMachines.countEnabled(filter), lendable);
        if (matching < count) {
            throw new NoMatchingMachinesException(count, matching);
        }
    }
}
