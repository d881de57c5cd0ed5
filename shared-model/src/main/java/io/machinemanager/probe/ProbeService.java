package io.machinemanager.probe;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.Target;
import io.machinemanager.database.DatabaseFailure;
import io.machinemanager.database.FailureLog;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.AccountWorker;
import io.machinemanager.reservation.EndService;
import io.machinemanager.reservation.ReplacementService;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationConfig;
import io.machinemanager.reservation.WorkItem;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * Probes machines: logs in to each of them at intervals. A machine that does not answer leaves the pool until it does; a
 * lent machine that does not answer is replaced; stray accounts are removed, see {@link StrayAccounts}; a guard that does not
 * run is started again, see {@link GuardCheck}.
 */
@ApplicationScoped
public class ProbeService {

    private final ProbeStore store;
    private final SecretBox secrets;
    private final AccountWorker worker;
    private final ReplacementService replacements;
    private final EndService ends;
    private final AccountConfig accountConfig;
    private final ReservationConfig reservationConfig;

    /** The machines whose probe, or the removals that follow it, has not ended. They are not probed again meanwhile. */
    private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

    /** Whether the database failure was logged since the last probes began. */
    private final AtomicBoolean databaseFailureLogged = new AtomicBoolean();

    ProbeService(ProbeStore store, SecretBox secrets, AccountWorker worker, ReplacementService replacements,
            EndService ends, AccountConfig accountConfig, ReservationConfig reservationConfig) {
        this.store = store;
        this.secrets = secrets;
        this.worker = worker;
        this.replacements = replacements;
        this.ends = ends;
        this.accountConfig = accountConfig;
        this.reservationConfig = reservationConfig;
    }

    /**
     * Starts probes of machines that are due.
     *
     * @param limit how many at most
     * @return a future for each machine, completed when its result is recorded or the failure to do so is logged
     */
    public List<CompletableFuture<Void>> probeDue(int limit) {
        List<Machine> due = store.claimDue(Set.copyOf(underWay), limit);
        databaseFailureLogged.set(false);
        return due.stream().map(this::probe).toList();
    }

    /**
     * Probes a machine now, and waits until the result is recorded, but no longer than a probe may take.
     *
     * @throws NotFoundException when there is no machine with this name
     */
    public void probeNow(String name) {
        try {
            probe(store.claim(name)).get(accountConfig.healthTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            Log.debugf("Machine %s: the result of the probe is not known yet: %s", name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private CompletableFuture<Void> probe(Machine machine) {
        underWay.add(machine.id);
        return CompletableFuture.supplyAsync(() -> target(machine), AccountWorker.EXECUTOR)
                .thenCompose(target -> worker.submit(machine.id, target, AccountTask::probe))
                .thenApplyAsync(result -> record(machine, ProbeVerdict.of(result)), AccountWorker.EXECUTOR)
                .exceptionally(failure -> {
                    logFailure(failure, "the probe failed", machine);
                    return done();
                })
                .thenAccept(removals -> removals.whenComplete((end, failure) -> underWay.remove(machine.id)));
    }

    /** While the database is away, all probes fail alike: one line is logged for all that began together. */
    private void logFailure(Throwable failure, String what, Machine machine) {
        if (!DatabaseFailure.isPassing(failure)) {
            Log.errorf(failure, "Machine %s: %s", machine.name, what);
        } else if (databaseFailureLogged.compareAndSet(false, true)) {
            Log.warnf("The database %s, so what probes find is not recorded: %s", DatabaseFailure.state(failure),
                    FailureLog.rootOf(failure).getMessage());
        }
    }

    private static CompletableFuture<Void> done() {
        return CompletableFuture.completedFuture(null);
    }

    private Target target(Machine machine) {
        return WorkItem.target(machine, secrets);
    }

    /** Records a result. The future is completed when the removals that follow have ended. */
    private CompletableFuture<Void> record(Machine machine, ProbeVerdict verdict) {
        return switch (verdict) {
            case ProbeVerdict.Answered answered -> recordAnswer(machine, answered);
            case ProbeVerdict.Failed failed -> recordFailure(machine, failed);
            case ProbeVerdict.Unknown() -> done();
        };
    }

    private CompletableFuture<Void> recordAnswer(Machine machine, ProbeVerdict.Answered verdict) {
        Map<String, Long> strays = store.answered(machine, verdict);
        CompletableFuture<Void> removals = removeStrays(machine, strays);
        store.withoutEnd(machine, verdict).ifPresent(this::startSendingEnd);
        return removals;
    }

    /** The probe does not wait for it, as for a replacement. */
    private void startSendingEnd(Reservation running) {
        Log.infof(
                "Reservation %d on %s: its machine has another end, or its guard does not run; giving it the end again",
                running.id, running.machineName);
        CompletableFuture.runAsync(() -> ends.sendAgain(running.id), AccountWorker.EXECUTOR)
                .exceptionally(failure -> {
                    Log.errorf(failure, "Reservation %d on %s: its end was not given to the machine", running.id,
                            running.machineName);
                    return null;
                });
    }

    private CompletableFuture<Void> recordFailure(Machine machine, ProbeVerdict.Failed verdict) {
        int failures = store.failed(machine, verdict);
        if (verdict.needsReplacement(failures, reservationConfig.replaceAfterFailures(),
                reservationConfig.sparePoolPercent())) {
            store.runningOn(machine).ifPresent(this::startReplacement);
        }
        return done();
    }

    /** The probe does not wait for the replacement: account work may take far longer than a probe. */
    private void startReplacement(Reservation lost) {
        CompletableFuture.runAsync(() -> replacements.replace(lost.id), AccountWorker.EXECUTOR)
                .exceptionally(failure -> {
                    Log.errorf(failure, "Reservation %d on %s: not replaced", lost.id, lost.machineName);
                    return null;
                });
    }

    /** Removes the stray accounts of a machine, and records all results together in one note. */
    private CompletableFuture<Void> removeStrays(Machine machine, Map<String, Long> strays) {
        if (strays.isEmpty()) {
            return done();
        }
        Target target = target(machine);
        Map<String, CompletableFuture<AccountResult>> removals = new TreeMap<>();
        strays.forEach((account, token) -> {
            Log.warnf("Machine %s: removing the stray account %s, which is ours and which no reservation knows",
                    machine.name, account);
            removals.put(account, worker
                    .submit(machine.id, target, known -> new AccountTask(known, Action.REMOVE, account, token, null))
                    .thenApplyAsync(result -> {
                        store.auditRemoval(machine, account, result);
                        return result;
                    }, AccountWorker.EXECUTOR));
        });
        return CompletableFuture.allOf(removals.values().toArray(CompletableFuture[]::new))
                .thenRunAsync(() -> recordRemovals(machine, removals), AccountWorker.EXECUTOR)
                .exceptionally(failure -> {
                    logFailure(failure, "the removal of stray accounts could not be recorded", machine);
                    return null;
                });
    }

    private void recordRemovals(Machine machine, Map<String, CompletableFuture<AccountResult>> removals) {
        Map<String, AccountResult> results = new TreeMap<>();
        removals.forEach((account, removal) -> results.put(account, removal.join()));
        store.strayAccountsRemoved(machine, results);
    }
}
