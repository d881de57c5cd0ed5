package io.machinemanager.reservation;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.database.FailureLog;
import io.machinemanager.playbook.Playbook;
import io.machinemanager.playbook.PlaybookInput;
import io.machinemanager.playbook.PlaybookResult;
import io.machinemanager.playbook.PlaybookRun;
import io.machinemanager.playbook.PlaybookRunner;

/**
 * Runs {@code PREPARE_PLAYBOOK} on machines that have the account, before their user gets them. The account is closed
 * meanwhile.
 */
@ApplicationScoped
class Preparation {

    /** For so long a playbook may go on for a reservation that is released meanwhile. */
    private static final Duration LONGEST_RENEWAL = Duration.ofSeconds(2);

    private final PlaybookRunner playbooks;
    private final ResetStore store;
    private final ResetMetrics metrics;
    private final ReservationConfig config;

    Preparation(PlaybookRunner playbooks, ResetStore store, ResetMetrics metrics, ReservationConfig config) {
        this.playbooks = playbooks;
        this.store = store;
        this.metrics = metrics;
        this.config = config;
    }

    /** Whether there is such a playbook. */
    boolean isNeeded() {
        return playbooks.isSet(Playbook.PREPARE);
    }

    /** How often the claim of a round is renewed, if that is not more often than usual. */
    Duration renewal(Duration usual) {
        return isNeeded()
                ? Collections.min(List.of(usual, LONGEST_RENEWAL, PlaybookRun.confirmationInterval(config.claim())))
                : usual;
    }

    /** Begins a round of work on the accounts of a request, under its claim. */
    Round round(UUID claim, List<WorkItem> items) {
        return new Round(claim, items);
    }

    /** The preparation of the machines of one round. A reservation that is released meanwhile waits for its end. */
    final class Round implements ClaimRenewals.Listener {

        private final UUID claim;
        private final List<WorkItem> items;
        /** The reservations whose playbook runs, or is about to. */
        private final Set<Long> busy = ConcurrentHashMap.newKeySet();
        /** By the reservation of each. */
        private final Map<Long, PlaybookRun> running = new ConcurrentHashMap<>();
        private volatile boolean lost;

        private Round(UUID claim, List<WorkItem> items) {
            this.claim = claim;
            this.items = items;
        }

        /**
         * Prepares a machine if its account was made.
         *
         * @return the result of both. The account is on the machine when only the preparation failed, so no outcome says that
         *         nothing is left there
         */
        CompletableFuture<AccountResult> after(WorkItem item, AccountResult made) {
            if (!made.isDone() || !isNeeded()) {
                return CompletableFuture.completedFuture(made);
            }
            busy.add(item.reservationId());
            return CompletableFuture.supplyAsync(() -> input(item), AccountWorker.EXECUTOR)
                    .thenCompose(input -> prepare(item, input))
                    .whenComplete((result, failure) -> busy.remove(item.reservationId()));
        }

        /** Empty when the claim was lost, or the database is away. */
        private Optional<PlaybookInput> input(WorkItem item) {
            try {
                return store.inputOf(claim, item);
            } catch (RuntimeException e) {
                FailureLog.log("%s: the preparation could not be started".formatted(item), e);
                return Optional.empty();
            }
        }

        private CompletableFuture<AccountResult> prepare(WorkItem item, Optional<PlaybookInput> input) {
            if (input.isEmpty()) {
                return CompletableFuture.completedFuture(lost("The service was interrupted."));
            }
            long begin = System.nanoTime();
            PlaybookRun run = playbooks.start(Playbook.PREPARE, input.get(), config.claim());
            running.put(item.reservationId(), run);
            if (lost) {
                run.cancel();
            }
            return run.result().thenApply(result -> {
                running.remove(item.reservationId());
                metrics.ran(Playbook.PREPARE, result.outcome(), ResetService.since(begin));
                return result(result);
            });
        }

        /** Lets the removals begin that wait for this round, of which nothing runs any more. */
        void end() {
            if (isNeeded()) {
                ended(items);
            }
        }

        private void ended(List<WorkItem> released) {
            try {
                store.preparationsEnded(released);
            } catch (RuntimeException e) {
                // the removals begin after the time of a claim
                FailureLog.log("The end of preparations could not be recorded", e);
            }
        }

        private static AccountResult result(PlaybookResult result) {
            return switch (result.outcome()) {
                case DONE -> AccountResult.done();
                case FAILED, TIMED_OUT -> new AccountResult(Outcome.FAILED, notPrepared(result.reason()));
                case LOST -> lost(result.reason());
            };
        }

        private static AccountResult lost(String reason) {
            return new AccountResult(Outcome.RUN_LOST, notPrepared(reason));
        }

        private static String notPrepared(String reason) {
            return "The machine could not be prepared: " + reason;
        }

        @Override
        public void renewed(boolean kept) {
            lost |= !kept;
            if (!isNeeded()) {
                return;
            }
            // One reservation may have been released while the others go on.
            Set<Long> going = kept ? store.provisioningUnder(claim) : Set.of();
            running.forEach((reservation, run) -> {
                if (going.contains(reservation)) {
                    run.confirm();
                } else {
                    run.cancel();
                }
            });
            List<WorkItem> idle = items.stream().filter(item -> !going.contains(item.reservationId()))
                    .filter(item -> !busy.contains(item.reservationId())).toList();
            if (!idle.isEmpty()) {
                ended(idle);
            }
        }
    }
}
