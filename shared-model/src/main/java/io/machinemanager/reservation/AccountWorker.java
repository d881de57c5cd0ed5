package io.machinemanager.reservation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.Target;
import io.machinemanager.account.ssh.HostKeyScanner;
import io.machinemanager.database.FailureLog;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.MachineService;
import io.quarkus.logging.Log;

/** Has the account work of claimed reservations done, and keeps the claim alive for as long as that takes. */
@ApplicationScoped
public class AccountWorker {

    private final AccountDriver driver;
    private final HostKeyScanner hostKeys;
    private final MachineService machines;
    private final MachineConfig machineConfig;
    private final ReservationStore store;
    private final ReleaseStore releases;
    private final Duration renewal;
    public static final Executor RECORDERS = task -> Thread.ofVirtual().name("account-result").start(task);

    AccountWorker(AccountDriver driver, HostKeyScanner hostKeys, MachineService machines, MachineConfig machineConfig,
            ReservationStore store, ReleaseStore releases, ReservationConfig config) {
        this.driver = driver;
        this.hostKeys = hostKeys;
        this.machines = machines;
        this.machineConfig = machineConfig;
        this.store = store;
        this.releases = releases;
        this.renewal = config.claim().dividedBy(3);
    }

    /**
     * Removes the accounts of claimed reservations and records what came of each as soon as it is known.
     *
     * @return once all of it is recorded, how many machines are free again
     */
    public int remove(UUID claim, List<WorkItem> items) {
        return remove(claim, items, () -> {
        });
    }

    /**
     * The same.
     *
     * @param onItemDone is called as soon as the work on a machine is over, whatever came of it; the calls may overlap
     */
    public int remove(UUID claim, List<WorkItem> items, Runnable onItemDone) {
        AtomicInteger free = new AtomicInteger();
        work(claim, items, Action.REMOVE, (item, result) -> {
            try {
                if (!result.isDone()) {
                    releases.removalFailed(claim, item, result);
                } else if (releases.released(claim, item)) {
                    free.incrementAndGet();
                }
            } finally {
                onItemDone.run();
            }
        });
        return free.get();
    }

    /**
     * Does one kind of work for each item.
     *
     * @param onResult is called for each item as soon as its machine has answered; the calls may overlap. When it
     *        throws, that is logged and the claim decides what becomes of the row
     * @return the results in the order of the items, once all of them are there and were handed over
     */
    public List<AccountResult> work(UUID claim, List<WorkItem> items, Action action,
            BiConsumer<WorkItem, AccountResult> onResult) {
        List<CompletableFuture<AccountResult>> results = start(items, action);
        List<CompletableFuture<AccountResult>> recorded = new ArrayList<>();
        Set<Long> unrecorded = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < items.size(); i++) {
            WorkItem item = items.get(i);
            recorded.add(results.get(i).thenApplyAsync(result -> handOver(item, result, onResult, unrecorded),
                    RECORDERS));
        }
        awaitRenewing(claim, recorded, unrecorded);
        return recorded.stream().map(CompletableFuture::join).toList();
    }

    private static AccountResult handOver(WorkItem item, AccountResult result,
            BiConsumer<WorkItem, AccountResult> onResult, Set<Long> unrecorded) {
        try {
            onResult.accept(item, result);
            return result;
        } catch (RuntimeException e) {
            // When the claim runs out, the work is done again; that of the others must not keep it alive.
            unrecorded.add(item.reservationId());
            FailureLog.log("%s: the result could not be recorded".formatted(item), e);
            return new AccountResult(Outcome.FAILED, "The result could not be recorded.");
        }
    }

    /** All whose host keys are known go together, so that they share a run; the others follow as soon as theirs are. */
    private List<CompletableFuture<AccountResult>> start(List<WorkItem> items, Action action) {
        List<WorkItem> known = items.stream().filter(item -> item.target().hostKeys() != null).toList();
        Iterator<CompletableFuture<AccountResult>> submitted = known.isEmpty()
                ? Collections.emptyIterator()
                : driver.submit(known.stream().map(item -> item.task(action)).toList()).iterator();
        return items.stream()
                .map(item -> item.target().hostKeys() != null
                        ? submitted.next()
                        : submit(item.machineId(), item.target(), target -> item.with(target).task(action)))
                .toList();
    }

    /**
     * Does one task as soon as the machine's host keys are known.
     *
     * @param task the task, on the machine as it is then
     */
    public CompletableFuture<AccountResult> submit(long machineId, Target machine, Function<Target, AccountTask> task) {
        return withHostKeys(machineId, machine).thenCompose(target -> target
                .map(known -> driver.submit(List.of(task.apply(known))).getFirst())
                .orElseGet(AccountWorker::noHostKeys));
    }

    private static CompletableFuture<AccountResult> noHostKeys() {
        return CompletableFuture.completedFuture(new AccountResult(Outcome.UNREACHABLE,
                "The machine did not answer when its SSH host keys were to be recorded."));
    }

    /** A machine that was not reached when it was registered shows its keys now; from then on they are binding. */
    private CompletableFuture<Optional<Target>> withHostKeys(long machineId, Target target) {
        if (target.hostKeys() != null) {
            return CompletableFuture.completedFuture(Optional.of(target));
        }
        return CompletableFuture.supplyAsync(
                () -> hostKeys.scan(target.host(), target.port(), machineConfig.hostKeyTimeout())
                        .flatMap(keys -> machines.recordHostKeys(machineId, target.host(), target.port(), keys))
                        .map(target::withHostKeys),
                RECORDERS);
    }

    private void awaitRenewing(UUID claim, Collection<CompletableFuture<AccountResult>> all, Set<Long> unrecorded) {
        CompletableFuture<Void> done = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
        while (true) {
            try {
                done.get(renewal.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                renew(claim, Set.copyOf(unrecorded));
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while machines are worked on", e);
            }
        }
    }

    /**
     * Keeps the claim alive for another claim time. A database that is away for a while must not end the work: it goes on,
     * and its end is still to be recorded.
     */
    void renew(UUID claim) {
        renew(claim, Set.of());
    }

    private void renew(UUID claim, Set<Long> without) {
        try {
            store.renew(claim, without);
        } catch (RuntimeException e) {
            Log.warnf("The claim %s could not be renewed: %s", claim, e.getMessage());
        }
    }
}
