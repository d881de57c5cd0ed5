package io.machinemanager.reservation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountPassword;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;
import io.quarkus.logging.Log;

/** Gives the accounts of a request a new password. Do not call it inside a transaction: it waits for machines. */
@ApplicationScoped
public class AccountPasswordService {

    private final AccountPasswordStore store;
    private final AccountWorker worker;

    AccountPasswordService(AccountPasswordStore store, AccountWorker worker) {
        this.store = store;
        this.worker = worker;
    }

    /**
     * Sets a new password on all machines of an active request. When one does not take it, the others get their old password
     * back, as far as they had one.
     *
     * @param given the new password in clear, which is not kept; null to generate one
     * @return the password that was generated; null when one was given
     * @throws InvalidRequestException when the given password may not be used
     * @throws NotFoundException when there is no such request
     * @throws GoneException when it is over
     * @throws ConflictException when it is not active, or its accounts are worked on for long
     * @throws ProvisioningFailedException when a machine did not take it; it says what became of each
     */
    public String change(long requestId, String given) {
        if (given != null) {
            AccountPassword.problemWith(given).ifPresent(problem -> {
                throw new InvalidRequestException(problem, List.of("reservation_password"));
            });
        }
        String generated = given == null ? AccountPassword.generate() : null;
        String hash = AccountPassword.hash(given == null ? generated : given);
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = RequestClaims.await(() -> store.claim(requestId, claim));
        Map<WorkItem, AccountResult> results = work(items, item -> hash);
        List<WorkItem> done = items.stream().filter(item -> results.get(item).isDone()).toList();
        if (done.size() < items.size()) {
            Map<String, String> outcomes = takeBack(results, done);
            store.giveUp(requestId, claim);
            throw new ProvisioningFailedException("Not every machine took the new password, so it does not count.",
                    outcomes);
        }
        store.changed(requestId, claim, done, hash);
        Log.infof("Request %d has a new password on %d machines", requestId, done.size());
        return generated;
    }

    /** What became of each machine, by name. */
    private Map<String, String> takeBack(Map<WorkItem, AccountResult> results, List<WorkItem> done) {
        Map<String, String> outcomes = new TreeMap<>();
        results.forEach((item, result) -> outcomes.put(item.target().machine(), result.reason()));
        done.forEach(item -> outcomes.put(item.target().machine(),
                "It took the new password, which is in force there: it had none before."));
        List<WorkItem> hadOne = done.stream().filter(item -> !item.login().passwordHash().equals(AccountPassword.NONE))
                .toList();
        work(hadOne, item -> item.login().passwordHash()).forEach((item, result) -> outcomes
                .put(item.target().machine(), result.isDone()
                        ? "It took the new password, and has the old one again."
                        : "It took the new password, which is in force there: " + result.reason()));
        return outcomes;
    }

    private Map<WorkItem, AccountResult> work(List<WorkItem> items,
            Function<WorkItem, String> hash) {
        Map<WorkItem, CompletableFuture<AccountResult>> started = new LinkedHashMap<>();
        items.forEach(item -> started.put(item, worker.submit(item.machineId(), item.target(),
                target -> AccountTask.newPassword(target, item.account(), item.token(), hash.apply(item)))));
        Map<WorkItem, AccountResult> results = new LinkedHashMap<>();
        started.forEach((item, result) -> results.put(item, result.join()));
        return results;
    }
}
