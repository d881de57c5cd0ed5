package io.machinemanager.reservation;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.GuardConfig;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ProvisioningFailedException;
import io.quarkus.logging.Log;

/**
 * Moves the ends of reservations. The machines get a new end first: one that counts in the database only would not keep
 * their guards from ending access. Do not call it inside a transaction: it waits for machines.
 */
@ApplicationScoped
public class EndService {

    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);
    /** An account is worked on for a second or two: others may move its end, too. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final EndStore store;
    private final AccountWorker worker;
    private final GuardConfig config;

    EndService(EndStore store, AccountWorker worker, GuardConfig config) {
        this.store = store;
        this.worker = worker;
        this.config = config;
    }

    /**
     * Moves ends: all of them, or none. An end becomes earlier even if the machine cannot be told.
     *
     * @param further is given the locked request, for other changes in the same transaction
     * @throws ConflictException when a reservation is not running, or its account is worked on for long
     * @throws ProvisioningFailedException when a machine does not take a later end; the others have their old end again
     */
    void move(EndScope scope, NewEnd newEnd, Consumer<Request> further) {
        UUID claim = UUID.randomUUID();
        List<EndMove> moves = claim(scope, newEnd, claim);
        Map<EndMove, AccountResult> results = send(claim, moves, EndMove::item);
        try {
            failIfRefused(scope, results);
            store.move(scope, moves, claim, further);
        } catch (RuntimeException e) {
            takeBack(claim, moves, results, e);
            throw e;
        }
    }

    private List<EndMove> claim(EndScope scope, NewEnd newEnd, UUID claim) {
        long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
        while (true) {
            Optional<List<EndMove>> moves = store.claim(scope, newEnd, claim);
            if (moves.isPresent()) {
                return moves.get();
            }
            if (System.nanoTime() > deadline) {
                throw new ConflictException("The accounts are worked on; try again soon.");
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
        }
    }

    /** Gives the machines an end, and renews the claim meanwhile. */
    private Map<EndMove, AccountResult> send(UUID claim, List<EndMove> moves, Function<EndMove, WorkItem> item) {
        if (!config.enabled()) {
            return Map.of();
        }
        List<AccountResult> results = worker.work(claim, moves.stream().map(item).toList(), Action.END,
                (done, result) -> {
                });
        Map<EndMove, AccountResult> byMove = new LinkedHashMap<>();
        for (int i = 0; i < moves.size(); i++) {
            byMove.put(moves.get(i), results.get(i));
        }
        return byMove;
    }

    private void failIfRefused(EndScope scope, Map<EndMove, AccountResult> results) {
        Map<String, String> reasons = new TreeMap<>();
        results.forEach((move, result) -> {
            if (!result.isDone() && move.isLater()) {
                reasons.put(move.machine(), result.reason());
            } else if (!result.isDone()) {
                Log.warnf("%s: the machine did not take the earlier end: %s", move.item(), result.reason());
            }
        });
        if (!reasons.isEmpty()) {
            // a machine refuses it when the time was up meanwhile
            store.check(scope);
            String first = reasons.keySet().iterator().next();
            throw new ProvisioningFailedException("Nothing is changed, since %s did not take the new end%s: %s"
                    .formatted(first, reasons.size() == 1 ? "" : ", nor did %d others".formatted(reasons.size() - 1),
                            reasons.get(first)),
                    reasons);
        }
    }

    /** Gives those machines their old end again that may have the new one, and ends the claim. */
    private void takeBack(UUID claim, List<EndMove> moves, Map<EndMove, AccountResult> results,
            RuntimeException cause) {
        try {
            List<EndMove> changed = results.entrySet().stream().filter(done -> mayHaveTaken(done.getValue()))
                    .map(Map.Entry::getKey).toList();
            send(claim, changed, EndMove::before).forEach((move, result) -> {
                if (!result.isDone()) {
                    Log.warnf("%s: the machine did not take its old end again: %s", move.item(), result.reason());
                }
            });
            store.giveUp(moves.getFirst().item(), claim);
        } catch (RuntimeException e) {
            // the claim runs out, and the next probe gives the machines the end that counts
            cause.addSuppressed(e);
        }
    }

    private static boolean mayHaveTaken(AccountResult result) {
        return !result.isUnreachable() && !result.leavesNothing();
    }

    /**
     * Gives a machine the present end of a reservation once more, because a probe found that it has another one. Does
     * nothing while the account is worked on.
     */
    public void sendAgain(long reservationId) {
        UUID claim = UUID.randomUUID();
        store.claimPresentEnd(reservationId, claim).ifPresent(item -> {
            AccountResult result = worker.work(claim, List.of(item), Action.END, (done, ended) -> {
            }).getFirst();
            if (!result.isDone()) {
                Log.warnf("%s: the machine did not take its end: %s", item, result.reason());
            }
            store.giveUp(item, claim);
        });
    }
}
