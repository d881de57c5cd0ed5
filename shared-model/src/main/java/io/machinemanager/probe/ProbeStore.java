package io.machinemanager.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.GuardConfig;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.machine.DuplicateHosts;
import io.machinemanager.machine.Labels;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.MachineLabel;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.reservation.QueueSignal;
import io.machinemanager.reservation.Reservation;
import io.quarkus.logging.Log;

/**
 * Claims machines for probes and records the results, each in one short transaction. A result is dropped when the machine
 * was deleted or its access was changed since the probe began.
 */
@ApplicationScoped
class ProbeStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final MachineConfig config;
    private final AuditLog audit;
    private final QueueSignal queue;
    private final GuardConfig guard;

    ProbeStore(RetryingTransactions transactions, DatabaseClock clock, MachineConfig config, AuditLog audit,
            QueueSignal queue, GuardConfig guard) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.audit = audit;
        this.queue = queue;
        this.guard = guard;
    }

    /** Claims machines that are due. Setting the next time is enough of a claim: a probe changes nothing on the machine. */
    List<Machine> claimDue(Set<Long> excluded, int limit) {
        return transactions.call(() -> {
            Instant now = clock.now();
            List<Machine> due = Machine.lockDueForProbe(now, excluded, limit);
            due.forEach(machine -> machine.nextProbeAt = now.plus(config.healthInterval()));
            return due;
        });
    }

    /** Claims one machine, due or not. */
    Machine claim(String name) {
        return transactions.call(() -> {
            Machine machine = Machine.lockByName(name).orElseThrow(() -> Machine.notFound(name));
            machine.nextProbeAt = clock.now().plus(config.healthInterval());
            return machine;
        });
    }

    /**
     * Records that a machine answered. The same transaction blocks it when stray accounts are on it, so that it cannot be
     * lent in between.
     *
     * @return the stray accounts to remove, and the token of each
     */
    Map<String, Long> answered(Machine probed, ProbeVerdict.Answered verdict) {
        AtomicBoolean back = new AtomicBoolean();
        Map<String, Long> toRemove = transactions.call(() -> {
            Map<String, Long> strays = StrayAccounts.toRemove(verdict.accounts(),
                    (account, token) -> isKnown(probed, account, token));
            Optional<Machine> locked = lock(probed);
            Instant now = clock.now();
            locked.ifPresent(machine -> {
                boolean blocked = machine.blocks().isBlocking(now);
                recordAnswer(machine, verdict, now);
                machine.strayReason = StrayAccounts.noteAfterProbe(machine.strayReason, strays.keySet());
                back.set(blocked && !machine.blocks().isBlocking(now));
            });
            return locked.isPresent() ? strays : Map.of();
        });
        if (back.get()) {
            queue.machinesChanged();
        }
        return toRemove;
    }

    private void recordAnswer(Machine machine, ProbeVerdict.Answered verdict, Instant now) {
        if (machine.unavailableCause != null) {
            Log.infof("Machine %s answers again", machine.name);
            // removals that failed while it did not answer can be tried now
            Reservation.endPause(machine, now);
        }
        machine.loggedIn(now);
        if (verdict.unusableReason() != null && machine.unusableReason == null) {
            Log.warnf("Machine %s leaves the pool: %s", machine.name, verdict.unusableReason());
        } else if (verdict.unusableReason() == null && machine.unusableReason != null) {
            Log.infof("Machine %s: new accounts can be used again", machine.name);
        }
        machine.unusableReason = verdict.unusableReason();
        recordLabels(machine, verdict.labels());
        machine.facts = verdict.facts().toJson();
        machine.factsAt = now;
        if (machine.duplicateReason != null) {
            DuplicateHosts.mark(machine);
        }
    }

    private static void recordLabels(Machine machine, Map<String, String> found) {
        if (MachineLabel.replace(machine.id, Labels.replaceOfTheService(MachineLabel.of(machine.id), found))) {
            Log.infof("Machine %s: labels %s", machine.name, Labels.describe(found));
        }
    }

    /**
     * Tells whether a reservation knows the account: its row was committed before the account was made. The row may be of
     * another machine, when one host is registered under two names, and it may have ended since the probe began.
     */
    private boolean isKnown(Machine machine, String account, long token) {
        return hasToken(Reservation.list("liveMachineId", machine.id), token)
                || Reservation.isLive(account, token)
                || hasToken(Reservation.list("account = ?1 and releasedAt >= ?2", account,
                        machine.nextProbeAt.minus(config.healthInterval())), token);
    }

    private static boolean hasToken(List<Reservation> rows, long token) {
        return rows.stream().anyMatch(row -> row.token() == token);
    }

    /**
     * Records that a machine failed. It is blocked for three intervals, so that it is lent again if the scheduler stops.
     *
     * @return how many times in a row it has failed
     */
    int failed(Machine probed, ProbeVerdict.Failed verdict) {
        return transactions.call(() -> lock(probed).map(machine -> {
            if (machine.unavailableCause != verdict.cause() && machine.unavailableCause != UnavailableCause.HOST_KEY) {
                Log.warnf("Machine %s leaves the pool: %s", machine.name, verdict.reason());
            }
            machine.failed(verdict.cause(), verdict.reason(),
                    clock.now().plus(config.healthInterval().multipliedBy(3)));
            return machine.failures;
        }).orElse(0));
    }

    /** The running reservation of a machine whose end the machine has to be given again, see {@link GuardCheck}. */
    Optional<Reservation> withoutEnd(Machine machine, ProbeVerdict.Answered verdict) {
        if (verdict.accounts().isEmpty()) {
            return Optional.empty();
        }
        return transactions.call(() -> {
            Instant now = clock.now();
            return running(machine, now)
                    .filter(row -> Long.valueOf(row.token()).equals(verdict.accounts().get(row.account))
                            && GuardCheck.needsEnd(verdict, row.account, Duration.between(now, row.reservedUntil),
                                    guard));
        });
    }

    /** The running reservation of a machine. */
    Optional<Reservation> runningOn(Machine machine) {
        return transactions.call(() -> running(machine, clock.now()));
    }

    private static Optional<Reservation> running(Machine machine, Instant now) {
        return Reservation.<Reservation>find("liveMachineId", machine.id).firstResultOptional()
                .filter(row -> row.isRunning(now));
    }

    /** Audits the removal of a stray account, unless the note before the probe says the same. */
    void auditRemoval(Machine probed, String account, AccountResult result) {
        if (StrayAccounts.isNew(probed.strayReason, account, result)) {
            transactions.run(() -> audit.record(AuditEvent.of(AuditAction.STRAY_ACCOUNT_REMOVED, probed.name)
                    .outcome(result.isDone() ? AuditOutcome.DONE : AuditOutcome.FAILED)
                    .detail("%s: %s".formatted(account, result.isDone() ? "removed" : result.reason()))));
        }
    }

    /** Records the removals of the stray accounts of a machine. */
    void strayAccountsRemoved(Machine probed, Map<String, AccountResult> results) {
        transactions.run(() -> lock(probed).filter(machine -> machine.strayReason != null).ifPresent(machine -> {
            machine.strayReason = StrayAccounts.noteAfterRemovals(results);
            if (StrayAccounts.needsProbeSoon(probed.strayReason, results)) {
                machine.nextProbeAt = clock.now();
            }
        }));
        queue.machinesChanged();
    }

    private static Optional<Machine> lock(Machine probed) {
        return Machine.<Machine>findByIdOptional(probed.id, LockModeType.PESSIMISTIC_WRITE)
                .filter(machine -> machine.hasAccessOf(probed));
    }
}
