package io.machinemanager.reservation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.ProvisioningFailedException;

/**
 * Decides how a request goes on after each round of account work: it is complete, it needs other machines, or it fails,
 * with what message. A round is one piece of work on each of some machines.
 */
final class ProvisioningProgress {

    /** So many machines are named in a message. */
    private static final int MAX_LISTED = 5;

    private final String account;
    private final Duration timeout;
    private final List<WorkItem> made = new ArrayList<>();
    private final Map<String, AccountResult> failures = new LinkedHashMap<>();
    private final Set<Long> failedMachines = new HashSet<>();
    private final Supplier<Duration> elapsed;
    private boolean opens;
    private boolean lastRunLost;
    private boolean lastOpeningLost;

    /**
     * @param account the name of the account
     * @param timeout no other machines are tried after this time
     * @param elapsed the time since the first round began
     */
    ProvisioningProgress(String account, Duration timeout, Supplier<Duration> elapsed) {
        this.account = account;
        this.timeout = timeout;
        this.elapsed = elapsed;
    }

    /**
     * Records the results of a round.
     *
     * @param items the machines of the round
     * @param results their results, in the same order
     * @return on how many other machines accounts are still to be made; 0 when the request is complete
     * @throws ProvisioningFailedException when the request fails: the fault is on our side, or time is up
     */
    int record(List<WorkItem> items, List<AccountResult> results) {
        first(results, Outcome.NOT_STARTED).ifPresent(result -> {
            throw new ProvisioningFailedException(result.reason(), Map.of());
        });
        boolean lost = failIfRunsAreLostTwice(results, opens ? lastOpeningLost : lastRunLost);
        if (opens) {
            lastOpeningLost = lost;
        } else {
            lastRunLost = lost;
        }
        opens = false;
        int missing = 0;
        for (int i = 0; i < items.size(); i++) {
            if (results.get(i).isDone()) {
                made.add(items.get(i));
            } else {
                failures.put(items.get(i).target().machine(), results.get(i));
                failedMachines.add(items.get(i).machineId());
                missing++;
            }
        }
        if (missing > 0 && elapsed.get().compareTo(timeout) > 0) {
            throw failure("No account could be made on enough machines in time");
        }
        return missing;
    }

    /** One lost run may be due to a machine. The second one is due to this service, and would spoil more machines. */
    private boolean failIfRunsAreLostTwice(List<AccountResult> results, boolean lostBefore) {
        Optional<AccountResult> lost = first(results, Outcome.RUN_LOST);
        if (lostBefore && lost.isPresent()) {
            throw new ProvisioningFailedException(lost.get().reason(), reasons());
        }
        return lost.isPresent();
    }

    private static Optional<AccountResult> first(List<AccountResult> results, Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).findFirst();
    }

    /** The machines that have the account. */
    List<WorkItem> made() {
        return made;
    }

    /** The same machines, whose accounts the next round opens: only those are made then on which it succeeds. */
    List<WorkItem> takeMade() {
        opens = true;
        List<WorkItem> taken = List.copyOf(made);
        made.clear();
        return taken;
    }

    /** The ids of the machines on which the account could not be made. They are not tried again. */
    Set<Long> failedMachines() {
        return failedMachines;
    }

    /**
     * The failure to report when no other machine is free. It is a conflict, which the caller can resolve, only when every
     * machine refused the account's name.
     *
     * @param othersExist whether enabled machines were not tried because they are reserved or unavailable
     */
    DomainException noReplacement(boolean othersExist) {
        if (!failures.values().stream().allMatch(result -> result.outcome() == Outcome.REFUSED)) {
            return failure("Machines failed and no others are free");
        }
        return new ConflictException("The account name %s cannot be used%s %s".formatted(account, listed(), othersExist
                ? "The other machines are reserved or out of order now: try again later, or take another name."
                : "There are no other machines: take another name."));
    }

    private ProvisioningFailedException failure(String what) {
        return new ProvisioningFailedException(what + listed(), reasons());
    }

    private Map<String, String> reasons() {
        Map<String, String> reasons = new LinkedHashMap<>();
        failures.forEach((machine, result) -> reasons.put(machine, result.reason()));
        return reasons;
    }

    private String listed() {
        int more = failures.size() - MAX_LISTED;
        return failures.entrySet().stream().limit(MAX_LISTED)
                .map(failure -> " %s: %s".formatted(failure.getKey(), failure.getValue().reason()))
                .collect(Collectors.joining("", ".", more > 0 ? " And %d more.".formatted(more) : ""));
    }
}
