package io.machinemanager.reservation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
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
import io.machinemanager.machine.HostKeyRecorder;
import io.machinemanager.machine.MachineConfig;

/** Does the account work of claimed reservations and renews their claim meanwhile. */
@ApplicationScoped
public class AccountWorker {

    /** Runs what follows account work, such as recording its result, on virtual threads. */
    public static final Executor EXECUTOR = task -> Thread.ofVirtual().name("account-result").start(task);

    private final AccountDriver driver;
    private final HostKeyScanner scanner;
    private final HostKeyRecorder hostKeyRecorder;
    private final MachineConfig machineConfig;
    private final ReservationStore store;
    private final ReleaseStore releases;
    private final Preparation preparation;
    private final Duration renewal;

    AccountWorker(AccountDriver driver, HostKeyScanner scanner, HostKeyRecorder hostKeyRecorder,
            MachineConfig machineConfig,
            ReservationStore store, ReleaseStore releases, Preparation preparation, ReservationConfig config) {
        this.driver = driver;
        this.scanner = scanner;
        this.hostKeyRecorder = hostKeyRecorder;
        this.machineConfig = machineConfig;
        this.store = store;
        this.releases = releases;
        this.preparation = preparation;
        this.renewal = config.claim().dividedBy(3);
    }

    /**
     * Removes the accounts of claimed reservations and records each result as it arrives.
     *
     * @return how many accounts are verified gone, once all results are recorded
     */
    public int remove(UUID claim, List<WorkItem> items) {
        return remove(claim, items, () -> {
        });
    }

    /**
     * Like {@link #remove(UUID, List)}.
     *
     * @param onItemDone is called when the work on a machine has ended, with success or not; calls may overlap
     */
    public int remove(UUID claim, List<WorkItem> items, Runnable onItemDone) {
        AtomicInteger gone = new AtomicInteger();
        work(claim, items, Action.REMOVE, (item, result) -> {
            try {
                if (!result.isDone()) {
                    releases.removalFailed(claim, item, result);
                } else if (releases.released(claim, item)) {
                    gone.incrementAndGet();
                }
            } finally {
                onItemDone.run();
            }
        });
        return gone.get();
    }

    /**
     * Does one kind of work for each item.
     *
     * @param onResult records a result; is called when a machine has answered, and calls may overlap. An exception is
     *        logged; the work is done again when the claim has run out
     * @return the results in the order of the items, once all are recorded
     */
    public List<AccountResult> work(UUID claim, List<WorkItem> items, Action action,
            BiConsumer<WorkItem, AccountResult> onResult) {
        return work(claim, items, action, (item, result) -> CompletableFuture.completedFuture(result), renewal,
                kept -> {
                }, onResult);
    }

    /**
     * Whether machines are prepared. Then {@link #make} makes accounts that are closed: the playbook has the rights of root,
     * and must not meet the work of a user in a home. {@link #open} opens them.
     */
    boolean makesClosed() {
        return preparation.isNeeded();
    }

    /**
     * Makes the account for each item, and then prepares its machine.
     *
     * @param onResult records the result of both, as in {@link #work}
     * @return the results in the order of the items, once all are recorded
     */
    List<AccountResult> make(UUID claim, List<WorkItem> items, BiConsumer<WorkItem, AccountResult> onResult) {
        Preparation.Round round = preparation.round(claim, items);
        List<WorkItem> wanted = makesClosed() ? items.stream().map(WorkItem::closedAtFirst).toList() : items;
        List<AccountResult> results = work(claim, wanted, Action.CREATE, round::after, preparation.renewal(renewal),
                round,
                onResult);
        round.end();
        return results;
    }

    /**
     * Gives accounts the end that their item has, and lets their users in.
     *
     * @param onResult records a result, as in {@link #work}. The account is there, so no outcome says that nothing is left
     * @return the results in the order of the items, once all are recorded
     */
    List<AccountResult> open(UUID claim, List<WorkItem> items, BiConsumer<WorkItem, AccountResult> onResult) {
        Preparation.Round round = preparation.round(claim, items);
        List<AccountResult> results = work(claim, items, Action.END,
                (item, result) -> CompletableFuture.completedFuture(result.ofAccountThatWasMade()), renewal, round,
                onResult);
        round.end();
        return results;
    }

    private List<AccountResult> work(UUID claim, List<WorkItem> items, Action action,
            BiFunction<WorkItem, AccountResult, CompletableFuture<AccountResult>> next, Duration period,
            ClaimRenewals.Listener renewals, BiConsumer<WorkItem, AccountResult> onResult) {
        List<CompletableFuture<AccountResult>> results = start(items, action);
        List<CompletableFuture<AccountResult>> recorded = new ArrayList<>();
        Set<Long> unrecorded = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < items.size(); i++) {
            WorkItem item = items.get(i);
            recorded.add(results.get(i).thenCompose(result -> next.apply(item, result))
                    .thenApplyAsync(result -> record(item, result, onResult, unrecorded), EXECUTOR));
        }
        ClaimRenewals.await(CompletableFuture.allOf(recorded.toArray(CompletableFuture[]::new)), period,
                () -> renewals.renewed(store.renew(claim, Set.copyOf(unrecorded))));
        return recorded.stream().map(CompletableFuture::join).toList();
    }

    private static AccountResult record(WorkItem item, AccountResult result,
            BiConsumer<WorkItem, AccountResult> onResult, Set<Long> unrecorded) {
        try {
            onResult.accept(item, result);
            return result;
        } catch (RuntimeException e) {
            // the work is done again when the claim has run out, so the claim on this row must not be renewed
            unrecorded.add(item.reservationId());
            FailureLog.log("%s: the result could not be recorded".formatted(item), e);
            return new AccountResult(Outcome.FAILED, "The result could not be recorded.");
        }
    }

    /** Submits all items with known host keys together, so that they share a run. The others follow when theirs are read. */
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
     * Does one task, after reading the machine's host keys if they are not known.
     *
     * @param task is given the machine with its host keys
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

    /** Trusts the keys that a machine shows at the first contact (trust on first use), and no others later. */
    private CompletableFuture<Optional<Target>> withHostKeys(long machineId, Target target) {
        if (target.hostKeys() != null) {
            return CompletableFuture.completedFuture(Optional.of(target));
        }
        return CompletableFuture.supplyAsync(
                () -> scanner.scan(target.host(), target.port(), machineConfig.hostKeyTimeout())
                        .flatMap(keys -> hostKeyRecorder.record(machineId, target.host(), target.port(), keys))
                        .map(target::withHostKeys),
                EXECUTOR);
    }

    /**
     * Renews the claim for another claim time. A failure is only logged: the account work goes on, and its result can be
     * recorded when the database is back.
     */
    void renew(UUID claim) {
        ClaimRenewals.attempt(() -> store.renew(claim, Set.of()));
    }
}
