package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.machine.Machine;
import io.machinemanager.playbook.PlaybookInput;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * The steps around the operator's playbooks, each one short transaction, by the rules of {@link ReservationStore}: a step
 * whose claim was lost writes nothing.
 */
@ApplicationScoped
public class ResetStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ReservationConfig config;
    private final RemovalMetrics metrics;
    private final QueueSignal queue;

    ResetStore(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, ReservationConfig config,
            RemovalMetrics metrics, QueueSignal queue) {
        this.metrics = metrics;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.config = config;
        this.queue = queue;
    }

    /** Claims machines that are to be reset, each under a claim of its own. */
    List<ResetItem> claimDue(int limit) {
        return transactions.call(() -> {
            Instant now = clock.now();
            return Reservation.lockResetDue(now, limit).stream().map(row -> claim(row, now)).toList();
        });
    }

    private ResetItem claim(Reservation row, Instant now) {
        if (row.claimedBy != null) {
            ReservationEvent.record(row, now, Kind.RESET_TAKEN_OVER, null);
        }
        UUID claim = UUID.randomUUID();
        row.claim(claim, now.plus(config.claim()));
        return new ResetItem(claim, WorkItem.of(row, config.sudo(), secrets), row.accountGoneAt != null,
                LeaseDetails.of(row, secrets));
    }

    /** What the preparation of a machine is told; empty when the claim on its request was lost. */
    Optional<PlaybookInput> inputOf(UUID claim, WorkItem item) {
        return transactions.call(() -> Reservation.<Reservation>findByIdOptional(item.reservationId())
                .filter(row -> row.state == ReservationState.PROVISIONING && row.isClaimedBy(claim))
                .map(row -> LeaseDetails.of(row, secrets)));
    }

    /** The ids of the reservations whose accounts are made under a claim, without those that were released meanwhile. */
    Set<Long> provisioningUnder(UUID claim) {
        return transactions.call(() -> Reservation.<Reservation>list("claimedBy = ?1 and state = PROVISIONING",
                claim.toString()).stream().map(row -> row.id).collect(Collectors.toSet()));
    }

    /** Lets the removals begin at once that wait for the end of these preparations. */
    void preparationsEnded(List<WorkItem> items) {
        transactions.run(() -> {
            List<Reservation> rows = Reservation.lockAll(items.stream().map(WorkItem::reservationId).toList());
            Instant now = clock.now();
            rows.stream().filter(row -> row.maybeStillPrepared(now)).forEach(row -> row.nextAttemptAt = now);
        });
    }

    /**
     * Records that an account is verified gone, which could not be removed before.
     *
     * @return false, and nothing is changed, when the claim was lost
     */
    boolean accountGone(ResetItem item) {
        AtomicReference<Reservation> gone = new AtomicReference<>();
        boolean recorded = write(item, (row, now) -> {
            row.accountIsGone(now);
            ReservationEvent.record(row, now, Kind.VERIFIED_GONE, null);
            gone.set(row);
        });
        if (recorded) {
            Log.infof("%s: account %s verified gone", item, gone.get().account);
            metrics.released(gone.get(), gone.get().accountGoneAt);
        }
        return recorded;
    }

    /**
     * Frees a machine that was reset and works. It is not lent while it has an account that no reservation knows, as after a
     * reset to an earlier state.
     *
     * @param probe what was found on it: the accounts, and why a new account would be of no use
     * @param took how long the reset took; empty when there was none to do
     * @return false, and nothing is changed, when the claim was lost
     */
    boolean done(ResetItem item, AccountResult probe, Optional<Duration> took) {
        String unusableReason = probe.isDone() ? null : probe.reason();
        boolean freed = write(item, (row, now) -> {
            Machine machine = row.machine;
            // a probe may write to it at the same time
            Machine.getEntityManager().refresh(machine, LockModeType.PESSIMISTIC_WRITE);
            if (row.releaseCause == ReleaseCause.PROVISIONING_FAILED) {
                // it may fail again, and has a pause for that
                machine.loggedIn(now);
            } else {
                machine.succeeded(now);
            }
            machine.unusableReason = unusableReason;
            machine.strayReason = strayReason(probe);
            machine.lastResetMillis = took.map(Duration::toMillis).orElse(null);
            // It may have other facts now, and so other labels. Stray accounts are removed after the probe.
            machine.nextProbeAt = now;
            row.release(now);
            ReservationEvent.record(row, now, Kind.RESET_DONE, null);
        });
        if (freed) {
            Log.infof("%s: the machine is reset and free%s", item,
                    unusableReason == null ? "" : ", but of no use: " + unusableReason);
            queue.machinesChanged();
        }
        return freed;
    }

    private static String strayReason(AccountResult probe) {
        return new TreeMap<>(probe.accounts()).entrySet().stream()
                .filter(account -> !Reservation.isLive(account.getKey(), account.getValue())).findFirst()
                .map(account -> "After the reset, the account %s is on it, which no reservation knows."
                        .formatted(account.getKey()))
                .orElse(null);
    }

    /**
     * Records a failed reset. It is tried again later, for ever, and the machine is not free until it succeeds.
     *
     * @return false, and nothing is changed, when the claim was lost
     */
    boolean failed(ResetItem item, Outcome outcome, String reason) {
        AccountResult result = new AccountResult(outcome, reason);
        boolean recorded = write(item, (row, now) -> {
            row.resetFailed(result, now.plus(BackOff.ofRemovals(config).after(row.failedResets + 1)));
            ReservationEvent.record(row, now, Kind.RESET_FAILED, result.reason());
            Log.warnf("%s: reset %d failed, next try at %s: %s", item, row.failedResets, row.nextAttemptAt,
                    result.reason());
        });
        if (recorded) {
            queue.machinesChanged();
        }
        return recorded;
    }

    /** Gives a reset back that this process does not finish. */
    void giveBack(ResetItem item) {
        write(item, Reservation::giveBackReset);
    }

    private boolean write(ResetItem item, BiConsumer<Reservation, Instant> change) {
        return transactions.call(() -> {
            Optional<Reservation> claimed = Reservation.lockById(item.work().reservationId())
                    .filter(row -> row.state == ReservationState.RESETTING && row.isClaimedBy(item.claim()));
            claimed.ifPresent(row -> change.accept(row, clock.now()));
            return claimed.isPresent();
        });
    }
}
