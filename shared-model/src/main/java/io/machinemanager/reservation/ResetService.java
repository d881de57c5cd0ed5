package io.machinemanager.reservation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.database.FailureLog;
import io.machinemanager.playbook.Playbook;
import io.machinemanager.playbook.PlaybookResult;
import io.machinemanager.playbook.PlaybookRun;
import io.machinemanager.playbook.PlaybookRunner;
import io.quarkus.logging.Log;

/**
 * Resets machines: runs {@code RESET_PLAYBOOK}, and then probes the machine. Only a machine that works and does not have the
 * account is free again, whatever the playbook says of itself. An account that could not be removed before is removed after
 * the playbook, which on a machine that was made anew verifies that it is gone. Without the playbook, as when it was
 * switched off, removal and probe alone decide. Do not call it inside a transaction: it waits for machines.
 */
@ApplicationScoped
public class ResetService {

    private static final String AFTER = "After the reset: ";

    private final ResetStore store;
    private final ReservationStore claims;
    private final AccountWorker worker;
    private final PlaybookRunner playbooks;
    private final ResetMetrics metrics;
    private final Duration claim;

    private final Set<PlaybookRun> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    ResetService(ResetStore store, ReservationStore claims, AccountWorker worker, PlaybookRunner playbooks,
            ResetMetrics metrics, ReservationConfig config) {
        this.store = store;
        this.claims = claims;
        this.worker = worker;
        this.playbooks = playbooks;
        this.metrics = metrics;
        this.claim = config.claim();
    }

    /** How many machines this process resets at once. */
    public int concurrency() {
        return playbooks.concurrency();
    }

    /**
     * Starts resets that are due.
     *
     * @param limit how many at most
     * @return a future for each, completed when its result is recorded or could not be
     */
    public List<CompletableFuture<Void>> startDue(int limit) {
        return store.claimDue(limit).stream()
                .map(item -> CompletableFuture.runAsync(() -> attempt(item), AccountWorker.EXECUTOR)).toList();
    }

    /** Ends the resets that are under way, and gives them back to be done by another process. */
    public void stop() {
        stopping = true;
        running.forEach(PlaybookRun::cancel);
    }

    /** The reset is done again when the claim has run out. */
    private void attempt(ResetItem item) {
        try {
            reset(item);
        } catch (RuntimeException e) {
            FailureLog.log("%s: the reset could not be recorded".formatted(item), e);
        }
    }

    private void reset(ResetItem item) {
        // The account goes first, whatever the playbook does.
        boolean gone = item.accountGone() || ask(item, Action.REMOVE).isDone();
        if (gone && !item.accountGone() && !store.accountGone(item)) {
            logLost(item);
            return;
        }
        long begin = System.nanoTime();
        boolean runs = playbooks.isSet(Playbook.RESET);
        PlaybookResult ran = runs ? run(item, begin) : null;
        if (ran != null && !ran.isDone()) {
            playbookFailed(item, ran);
            return;
        }
        if (gone || isRemoved(item)) {
            record(item, ask(item, Action.PROBE), runs ? Optional.of(since(begin)) : Optional.empty());
        }
    }

    /** Removes the account; if that fails, the reset has failed. */
    private boolean isRemoved(ResetItem item) {
        AccountResult removal = ask(item, Action.REMOVE);
        if (!removal.isDone()) {
            failed(item, removal.outcome() == Outcome.FAILED ? ResetOutcome.ACCOUNT_FOUND : ResetOutcome.NOT_WORKING,
                    AFTER + removal.reason());
            return false;
        }
        boolean recorded = store.accountGone(item);
        if (!recorded) {
            logLost(item);
        }
        return recorded;
    }

    private AccountResult ask(ResetItem item, Action action) {
        CompletableFuture<AccountResult> answer = worker.submit(item.work().machineId(), item.work().target(),
                target -> item.work().with(target).task(action));
        await(item, answer, kept -> {
        });
        return answer.join();
    }

    private PlaybookResult run(ResetItem item, long begin) {
        Log.infof("%s: the machine is being reset", item);
        PlaybookRun run = playbooks.start(Playbook.RESET, item.input(), claim);
        running.add(run);
        try {
            if (stopping) {
                run.cancel();
            }
            await(item, run.result(), kept -> {
                if (kept) {
                    run.confirm();
                } else {
                    run.cancel();
                }
            });
            PlaybookResult result = run.result().join();
            metrics.ran(Playbook.RESET, result.outcome(), since(begin));
            return result;
        } finally {
            running.remove(run);
        }
    }

    private void await(ResetItem item, CompletableFuture<?> work, ClaimRenewals.Listener listener) {
        ClaimRenewals.await(work, PlaybookRun.confirmationInterval(claim),
                () -> listener.renewed(claims.renew(item.claim(), Set.of())));
    }

    private void playbookFailed(ResetItem item, PlaybookResult ran) {
        if (stopping && ran.outcome() == PlaybookResult.Outcome.LOST) {
            Log.infof("%s: the reset is left to another scheduler, or the next start", item);
            store.giveBack(item);
            return;
        }
        failed(item, switch (ran.outcome()) {
            case TIMED_OUT -> ResetOutcome.TIMED_OUT;
            case LOST -> ResetOutcome.LOST;
            case FAILED, DONE -> ResetOutcome.PLAYBOOK_FAILED;
        }, ran.reason());
    }

    private void record(ResetItem item, AccountResult probe, Optional<Duration> took) {
        boolean works = probe.isDone() || probe.outcome() == Outcome.UNUSABLE;
        if (!works) {
            failed(item, ResetOutcome.NOT_WORKING, AFTER + probe.reason());
        } else if (item.isAccountOn(probe)) {
            failed(item, ResetOutcome.ACCOUNT_FOUND,
                    "After the reset, the account %s is on the machine again.".formatted(item.input().account()));
        } else if (took.isPresent() && !isFenced(item)) {
            return;
        } else if (store.done(item, probe, took)) {
            metrics.reset(ResetOutcome.DONE);
        } else {
            logLost(item);
        }
    }

    /**
     * A machine that was made anew has forgotten the fencing token, and would make the account for a late worker: one more
     * removal brings it back. If that fails, the reset has failed.
     */
    private boolean isFenced(ResetItem item) {
        AccountResult fence = ask(item, Action.REMOVE);
        if (!fence.isDone()) {
            failed(item, ResetOutcome.NOT_WORKING, AFTER + fence.reason());
        }
        return fence.isDone();
    }

    private void failed(ResetItem item, ResetOutcome outcome, String reason) {
        if (store.failed(item, outcome.stored(), reason)) {
            metrics.reset(outcome);
        } else {
            logLost(item);
        }
    }

    private static void logLost(ResetItem item) {
        Log.infof("%s: another process has taken over the reset, or an admin has ended it", item);
    }

    static Duration since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin);
    }
}
