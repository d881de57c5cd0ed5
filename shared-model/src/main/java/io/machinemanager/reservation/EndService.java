package io.machinemanager.reservation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.GuardConfig;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ProvisioningFailedException;
import io.quarkus.logging.Log;

/**
 * Moves the ends of reservations. At no moment may a machine have an earlier end than the database, since its guard would
 * end access too early. So machines get a later end before it counts, and an earlier one after. Do not call it inside a
 * transaction: it waits for machines.
 */
@ApplicationScoped
public class EndService {

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
     * @throws ProvisioningFailedException when a machine does not take a later end
     */
    void move(EndScope scope, NewEnd newEnd, Consumer<Request> further) {
        UUID claim = UUID.randomUUID();
        List<EndMove> moves = RequestClaims.await(() -> store.claim(scope, newEnd, claim));
        List<EndMove> later = moves.stream().filter(EndMove::isLater).toList();
        Map<EndMove, AccountResult> results = Map.of();
        try {
            results = send(claim, later);
            failIfRefused(scope, results);
            store.move(scope, moves, claim, further);
        } catch (RuntimeException e) {
            restore(claim, moves, results, e);
            throw e;
        }
        sendPresentEnds(moves.stream().filter(move -> !move.isLater()).toList());
    }

    /** Gives the machines their new ends, and renews the claim meanwhile. */
    private Map<EndMove, AccountResult> send(UUID claim, List<EndMove> moves) {
        if (!config.enabled() || moves.isEmpty()) {
            return Map.of();
        }
        List<AccountResult> results = worker.work(claim, moves.stream().map(EndMove::item).toList(), Action.END,
                (item, result) -> {
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
            if (!result.isDone()) {
                reasons.put(move.machine(), result.reason());
            }
        });
        if (!reasons.isEmpty()) {
            // A machine refuses it when the time was up meanwhile.
            store.check(scope);
            String first = reasons.keySet().iterator().next();
            throw new ProvisioningFailedException("Nothing is changed, since %s did not take the new end%s: %s"
                    .formatted(first, reasons.size() == 1 ? "" : ", nor did %d others".formatted(reasons.size() - 1),
                            reasons.get(first)),
                    reasons);
        }
    }

    /**
     * Ends the claim, and gives the machines the end that the database has, whatever that is by now. Machines that could
     * not be reached are left to the next probe: the caller would wait for them once more.
     */
    private void restore(UUID claim, List<EndMove> moves, Map<EndMove, AccountResult> results, RuntimeException cause) {
        try {
            store.giveUp(moves.getFirst().item(), claim);
            sendPresentEnds(moves.stream().filter(EndMove::isLater)
                    .filter(move -> !results.containsKey(move) || !results.get(move).isUnreachable()).toList());
        } catch (RuntimeException e) {
            // The claim runs out, and the next probe gives the machines the end that counts.
            cause.addSuppressed(e);
        }
    }

    private void sendPresentEnds(List<EndMove> moves) {
        if (config.enabled() && !moves.isEmpty()) {
            sendAgain(moves.stream().map(move -> move.item().reservationId()).toList());
        }
    }

    /**
     * Gives the machine of a reservation its present end once more, because a probe found that it has another one. Does
     * nothing while the account is worked on. A failure is only logged: the next probe tries again.
     */
    public void sendAgain(long reservationId) {
        sendAgain(List.of(reservationId));
    }

    private void sendAgain(List<Long> reservationsOfARequest) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = store.claimPresentEnds(reservationsOfARequest, claim);
        if (items.isEmpty()) {
            return;
        }
        try {
            worker.work(claim, items, Action.END, (item, result) -> {
                if (!result.isDone()) {
                    Log.warnf("%s: the machine did not take its end: %s", item, result.reason());
                }
            });
        } finally {
            store.giveUp(items.getFirst(), claim);
        }
    }
}
