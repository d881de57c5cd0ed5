package io.machinemanager.reservation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.audit.Actor;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.playbook.Playbook;
import io.machinemanager.playbook.PlaybookRunner;
import io.quarkus.logging.Log;

/** Makes the accounts of a request and prepares the machines, and allocates others in place of those that fail. */
@ApplicationScoped
class AccountProvisioner {

    private static final String RELEASED = "The reservation was released before it was ready.";

    /** A smaller difference between the ends on machines and in the database is not corrected. */
    private static final Duration SMALLEST_CORRECTION = Duration.ofSeconds(10);

    private final AllocationStore allocations;
    private final ReservationStore reservations;
    private final AccountWorker worker;
    private final ReservationConfig config;
    private final AuditLog audit;
    private final PlaybookRunner playbooks;

    AccountProvisioner(AllocationStore allocations, ReservationStore reservations, AccountWorker worker,
            ReservationConfig config, AuditLog audit, PlaybookRunner playbooks) {
        this.playbooks = playbooks;
        this.allocations = allocations;
        this.reservations = reservations;
        this.worker = worker;
        this.config = config;
        this.audit = audit;
    }

    /**
     * Makes an account on as many machines as are given.
     *
     * @param allocated the machines to begin with
     * @return the machines that have the account now
     * @throws ConflictException when every machine that is free refuses the account's name
     * @throws ProvisioningFailedException when machines failed and could not be replaced, or the reservation was released
     */
    List<WorkItem> makeAccounts(AllocationRequest request, List<WorkItem> allocated) {
        long start = System.nanoTime();
        Supplier<Duration> elapsed = () -> Duration.ofNanos(System.nanoTime() - start);
        ProvisioningProgress progress = new ProvisioningProgress(request.account(), timeout(), elapsed);
        List<WorkItem> round = allocated;
        while (!round.isEmpty()) {
            round = others(request, round, worker::make, progress);
            if (round.isEmpty() && worker.makesClosed()) {
                // all at once, and the first ones again when others follow: the user's time begins when all are open
                round = others(request, allocations.withEndsFromNow(request, progress.takeMade()), worker::open,
                        progress);
            }
        }
        if (!worker.makesClosed() && elapsed.get().compareTo(SMALLEST_CORRECTION) > 0) {
            correctEnds(request, progress.made());
        }
        return progress.made();
    }

    /** The work of a round. */
    private interface Round {

        List<AccountResult> work(UUID claim, List<WorkItem> items, BiConsumer<WorkItem, AccountResult> onResult);
    }

    /** Does the work of a round, and allocates other machines in place of those that fail. */
    private List<WorkItem> others(AllocationRequest request, List<WorkItem> items, Round round,
            ProvisioningProgress progress) {
        int missing = progress.record(items, results(request, items, round));
        return missing == 0 ? List.of() : replacements(request, missing, progress);
    }

    /**
     * The user's time begins now, and the ends that the accounts were made with are off by the time since the allocation. A
     * failure does not matter: a probe corrects the end later.
     */
    private void correctEnds(AllocationRequest request, List<WorkItem> made) {
        List<WorkItem> guarded = allocations.withEndsFromNow(request, made).stream()
                .filter(item -> item.end().isPresent()).toList();
        worker.work(request.claim(), guarded, Action.END, (item, result) -> {
            if (!result.isDone()) {
                Log.warnf("%s: the machine did not take its end: %s", item, result.reason());
            }
        });
    }

    /** How long other machines are tried: a preparation that fails late must leave time for that. */
    Duration timeout() {
        return config.provisioningTimeout().plus(playbooks.longest(Playbook.PREPARE));
    }

    private List<AccountResult> results(AllocationRequest request, List<WorkItem> items, Round round) {
        AtomicBoolean claimLost = new AtomicBoolean();
        // read here: the results arrive on threads that serve no request
        Optional<Actor> caller = audit.caller();
        List<AccountResult> results = round.work(request.claim(), items, (item, result) -> {
            if (!result.isDone() && !reservations.accountFailed(request.claim(), item, result, caller)) {
                claimLost.set(true);
            }
        });
        if (claimLost.get()) {
            throw released();
        }
        return results;
    }

    private List<WorkItem> replacements(AllocationRequest request, int missing, ProvisioningProgress progress) {
        try {
            List<WorkItem> others = allocations.replace(request, missing, progress.failedMachines());
            // the accounts that are made already must stay claimed however many rounds follow
            worker.renew(request.claim());
            return others;
        } catch (NotEnoughAvailableException e) {
            throw progress.noReplacement(allocations.hasOthers(request, progress.failedMachines()));
        }
    }

    /** The failure of a request whose reservation was released while its accounts were made. */
    static ProvisioningFailedException released() {
        return new ProvisioningFailedException(RELEASED, Map.of());
    }

    /** Tells whether this is that failure. */
    static boolean isReleased(RuntimeException failure) {
        return RELEASED.equals(failure.getMessage());
    }
}
