package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.Target;
import io.machinemanager.audit.Act;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.audit.AuditService;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.Transactions;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.Machine.Trouble;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * Logs in to each machine from time to time. One that does not answer leaves the pool until it does; a lent one that has
 * died is replaced; and an account of ours that no reservation knows is removed, such as one left over from before the
 * database was restored from a backup. Until a look finds no such account, nobody is lent the machine.
 */
@ApplicationScoped
public class ProbeService {

    private static final String NAMED = "The account %s is on it, which is ours and which no reservation knows";
    private static final String STRAY = NAMED + ".";
    private static final String STRAY_STAYS = NAMED + ", and could not be removed: %s";

    private final Transactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final AccountWorker worker;
    private final ReservationStore store;
    private final ReleaseStore releases;
    private final MachineConfig config;
    private final ReservationConfig reservationConfig;
    private final AuditService audit;

    ProbeService(Transactions transactions, DatabaseClock clock, SecretBox secrets, AccountWorker worker,
            ReservationStore store, ReleaseStore releases, MachineConfig config, ReservationConfig reservationConfig,
            AuditService audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.worker = worker;
        this.store = store;
        this.releases = releases;
        this.config = config;
        this.reservationConfig = reservationConfig;
        this.audit = audit;
    }

    /**
     * Looks at machines whose turn it is, and waits for what comes of it.
     *
     * @return how many were looked at, at most {@link MachineConfig#healthConcurrency()}
     */
    public int probeDue() {
        List<CompletableFuture<Void>> looks = lookAtDue(config.healthConcurrency());
        looks.forEach(CompletableFuture::join);
        return looks.size();
    }

    /**
     * Begins to look at machines whose turn it is.
     *
     * @param limit how many at the most
     * @return one for each machine, completed once it is recorded what came of the look, or logged that nothing did
     */
    public List<CompletableFuture<Void>> lookAtDue(int limit) {
        return transactions.call(() -> takeTurn(limit)).stream().map(this::look).toList();
    }

    /** Moving the next turn on is all the claim that a look needs: it changes nothing on the machine. */
    private List<Machine> takeTurn(int limit) {
        Instant now = clock.now();
        List<Machine> due = Machine.lockDueForProbe(now, limit);
        due.forEach(machine -> machine.nextProbeAt = now.plus(config.healthInterval()));
        return due;
    }

    private CompletableFuture<Void> look(Machine machine) {
        return CompletableFuture.supplyAsync(() -> target(machine), AccountWorker.RECORDERS)
                .thenCompose(target -> worker.submit(machine.id, target, AccountTask::probe))
                .thenAcceptAsync(result -> record(machine, result), AccountWorker.RECORDERS)
                .exceptionally(failure -> {
                    Log.errorf(failure, "Machine %s: the look at it came to nothing", machine.name);
                    return null;
                });
    }

    private Target target(Machine machine) {
        return WorkItem.target(machine, secrets);
    }

    private void record(Machine machine, AccountResult result) {
        if (result.isDone()) {
            answered(machine, result.accounts()).forEach((account, token) -> removeStray(machine, account, token));
        } else if (result.isMachinesFault()) {
            silent(machine, result);
        }
    }

    /** In one step, so that nobody is lent a machine on which somebody unknown has an account. Gives the strays. */
    private Map<String, Long> answered(Machine machine, Map<String, Long> accounts) {
        return transactions.call(() -> {
            Map<String, Long> strays = new TreeMap<>(accounts);
            strays.entrySet().removeIf(found -> isKnown(machine, found.getKey(), found.getValue()));
            lock(machine).ifPresent(m -> {
                if (m.unavailableCause != null) {
                    Log.infof("Machine %s answers again", m.name);
                }
                m.seen(clock.now());
                if (strays.keySet().stream().noneMatch(account -> names(m.strayReason, account))) {
                    m.strayReason = strays.keySet().stream().findFirst().map(STRAY::formatted).orElse(null);
                }
            });
            return strays;
        });
    }

    private static boolean names(String strayReason, String account) {
        return strayReason != null && strayReason.startsWith(NAMED.formatted(account));
    }

    /** Sits out until a look that is missed would have come, so that it also returns when nobody looks any more. */
    private void silent(Machine machine, AccountResult result) {
        Trouble trouble = result.outcome() == Outcome.HOST_KEY_CHANGED ? Trouble.HOST_KEY : Trouble.UNREACHABLE;
        // other keys may have been accepted since the look began
        int failures = transactions.call(() -> lock(machine)
                .filter(m -> trouble != Trouble.HOST_KEY || Objects.equals(m.hostKeys, machine.hostKeys)).map(m -> {
                    if (m.unavailableCause != trouble && m.unavailableCause != Trouble.HOST_KEY) {
                        Log.warnf("Machine %s leaves the pool: %s", m.name, result.reason());
                    }
                    m.failed(trouble, result.reason(), clock.now().plus(sitOut()));
                    return m.failures;
                }).orElse(0));
        if (failures >= reservationConfig.replaceAfterFailures() && reservationConfig.sparePoolPercent() > 0
                && result.isUnreachable()) {
            running(machine).ifPresent(this::startReplacing);
        }
    }

    private Duration sitOut() {
        return config.healthInterval().multipliedBy(3);
    }

    private Optional<Reservation> running(Machine machine) {
        return transactions.call(() -> Reservation.<Reservation>find("liveMachineId", machine.id).firstResultOptional()
                .filter(reservation -> reservation.isRunning(clock.now())));
    }

    /** Account work may take far longer than a look, so the look does not wait for it. */
    private void startReplacing(Reservation dead) {
        CompletableFuture.runAsync(() -> replace(dead), AccountWorker.RECORDERS).exceptionally(failure -> {
            Log.errorf(failure, "Reservation %d on %s: not replaced", dead.id, dead.machineName);
            return null;
        });
    }

    private void replace(Reservation dead) {
        UUID claim = UUID.randomUUID();
        store.holdReplacement(dead.id, claim).ifPresent(item -> {
            AccountResult result = worker.work(claim, List.of(item), Action.CREATE, (made, r) -> {
                if (!r.isDone()) {
                    store.accountFailed(claim, made, r, Optional.empty());
                }
            }).getFirst();
            if (result.isDone() && !store.takeOver(claim, item, dead.id)) {
                worker.remove(claim, releases.claimForRelease(new LiveRows.One(item.reservationId()),
                        ReleaseCause.PROVISIONING_FAILED, claim, true));
            }
        });
    }

    /**
     * The row is committed before its account is made, so an account without one was never ours to keep. The row may be
     * that of another machine, when one host was registered under two names; and it may have ended since the look began.
     */
    private boolean isKnown(Machine machine, String account, long token) {
        return hasToken(Reservation.list("liveMachineId", machine.id), token)
                || hasToken(Reservation.list("account = ?1 and liveMachineId is not null", account), token)
                || hasToken(Reservation.list("account = ?1 and releasedAt >= ?2", account,
                        machine.nextProbeAt.minus(config.healthInterval())), token);
    }

    private static boolean hasToken(List<Reservation> rows, long token) {
        return rows.stream().anyMatch(row -> row.token() == token);
    }

    private void removeStray(Machine machine, String account, long token) {
        Log.warnf("Machine %s: the account %s is ours, but no reservation knows it; removing it", machine.name,
                account);
        worker.submit(machine.id, target(machine),
                target -> new AccountTask(target, Action.REMOVE, account, token, null))
                .thenAcceptAsync(result -> recordStray(machine, account, result), AccountWorker.RECORDERS)
                .exceptionally(failure -> {
                    Log.errorf(failure, "Machine %s: stray account %s not removed", machine.name, account);
                    return null;
                });
    }

    /** Tells only what the look before has not told, so that an account that cannot be removed does not fill the audit. */
    private void recordStray(Machine before, String account, AccountResult result) {
        String told = result.isDone() ? STRAY.formatted(account) : STRAY_STAYS.formatted(account, result.reason());
        transactions.run(() -> lock(before).filter(m -> m.strayReason != null).ifPresent(m -> {
            if (!result.isDone() || names(m.strayReason, account)) {
                m.strayReason = told;
            }
            if (result.isDone() && isNewsOrWasStuck(before, account)) {
                // there may be more of them, so only another look lets the machine in again; it need not wait for its turn
                m.nextProbeAt = clock.now();
            }
        }));
        if (!told.equals(before.strayReason)) {
            String outcome = result.isDone() ? "removed" : result.reason();
            Log.infof("Machine %s: stray account %s: %s", before.name, account, outcome);
            audit.record(Act.of(AuditAction.STRAY_ACCOUNT_REMOVED, before.name)
                    .outcome(result.isDone() ? AuditOutcome.DONE : AuditOutcome.FAILED)
                    .detail("%s: %s".formatted(account, outcome)));
        }
    }

    /** Not so for one that the look before has removed: whoever makes it again must not have us log in without a pause. */
    private static boolean isNewsOrWasStuck(Machine before, String account) {
        return !STRAY.formatted(account).equals(before.strayReason);
    }

    private static Optional<Machine> lock(Machine machine) {
        return Machine.findByIdOptional(machine.id, LockModeType.PESSIMISTIC_WRITE);
    }
}
