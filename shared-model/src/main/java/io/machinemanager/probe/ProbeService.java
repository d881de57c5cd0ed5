package io.machinemanager.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.Target;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.DatabaseFailure;
import io.machinemanager.database.FailureLog;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.DuplicateHosts;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.Machine.Trouble;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.reservation.AccountWorker;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.ReleaseStore;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationConfig;
import io.machinemanager.reservation.ReservationSelector;
import io.machinemanager.reservation.ReservationStore;
import io.machinemanager.reservation.WorkItem;
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
    private static final String STRAY_WENT = "The account %s was on it, which was ours and which no reservation knew.";

    /** So many are removed after a look. Once one of them has gone, the next look comes soon and sees to more. */
    private static final int MOST_STRAYS = 5;

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final AccountWorker worker;
    private final ReservationStore store;
    private final ReleaseStore releases;
    private final MachineConfig config;
    private final AccountConfig accountConfig;
    private final ReservationConfig reservationConfig;
    private final AuditLog audit;

    /** The machines at which a look, or what came of it, has not ended: one that holds us up is not looked at again. */
    private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

    /** Whether that was logged since probes were begun the last time. */
    private final AtomicBoolean databaseAway = new AtomicBoolean();

    ProbeService(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, AccountWorker worker,
            ReservationStore store, ReleaseStore releases, MachineConfig config, AccountConfig accountConfig,
            ReservationConfig reservationConfig, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.worker = worker;
        this.store = store;
        this.releases = releases;
        this.config = config;
        this.accountConfig = accountConfig;
        this.reservationConfig = reservationConfig;
        this.audit = audit;
    }

    /**
     * Begins to look at machines whose turn it is.
     *
     * @param limit how many at the most
     * @return one for each machine, completed once it is recorded what came of the look, or logged that nothing did
     */
    public List<CompletableFuture<Void>> lookAtDue(int limit) {
        List<Machine> due = transactions.call(() -> takeTurn(limit));
        databaseAway.set(false);
        return due.stream().map(this::look).toList();
    }

    /** Moving the next turn on is all the claim that a look needs: it changes nothing on the machine. */
    private List<Machine> takeTurn(int limit) {
        Instant now = clock.now();
        List<Machine> due = Machine.lockDueForProbe(now, Set.copyOf(underWay), limit);
        due.forEach(machine -> machine.nextProbeAt = now.plus(config.healthInterval()));
        return due;
    }

    /**
     * Looks at a machine now, and waits until it is recorded what came of it, or for the time that a look may take.
     *
     * @throws NotFoundException when there is none of that name
     */
    public void lookNow(String name) {
        Machine machine = transactions.call(() -> {
            Machine found = Machine.lockByName(name)
                    .orElseThrow(() -> new NotFoundException("There is no machine named %s.".formatted(name)));
            found.nextProbeAt = clock.now().plus(config.healthInterval());
            return found;
        });
        try {
            look(machine).get(accountConfig.healthTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            Log.debugf("Machine %s: what came of the look is not known yet: %s", name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private CompletableFuture<Void> look(Machine machine) {
        underWay.add(machine.id);
        return CompletableFuture.supplyAsync(() -> target(machine), AccountWorker.RECORDERS)
                .thenCompose(target -> worker.submit(machine.id, target, AccountTask::probe))
                .thenApplyAsync(result -> record(machine, result), AccountWorker.RECORDERS)
                .exceptionally(failure -> {
                    report(failure, "the look at it came to nothing", machine);
                    return nothingMore();
                })
                .thenAccept(more -> more.whenComplete((end, failure) -> underWay.remove(machine.id)));
    }

    /** When the database is away all looks fail alike, and one line tells it for all that have begun. */
    private void report(Throwable failure, String what, Machine machine) {
        if (!DatabaseFailure.isPassing(failure)) {
            Log.errorf(failure, "Machine %s: %s", machine.name, what);
        } else if (databaseAway.compareAndSet(false, true)) {
            Log.warnf("The database %s, so what probes find is not recorded: %s", DatabaseFailure.state(failure),
                    FailureLog.rootOf(failure).getMessage());
        }
    }

    private static CompletableFuture<Void> nothingMore() {
        return CompletableFuture.completedFuture(null);
    }

    private Target target(Machine machine) {
        return WorkItem.target(machine, secrets);
    }

    /** Gives what is still to be waited for before the machine is looked at again. */
    private CompletableFuture<Void> record(Machine machine, AccountResult result) {
        if (result.isDone() || result.outcome() == Outcome.UNUSABLE) {
            Map<String, Long> strays = answered(machine, result);
            return strays.isEmpty() ? nothingMore() : removeStrays(machine, strays);
        }
        if (result.isMachinesFault()) {
            silent(machine, result);
        }
        return nothingMore();
    }

    /** In one step, so that nobody is lent a machine on which somebody unknown has an account. Gives the strays. */
    private Map<String, Long> answered(Machine machine, AccountResult result) {
        return transactions.call(() -> {
            Map<String, Long> strays = new TreeMap<>();
            result.accounts().entrySet().stream().sorted(Map.Entry.comparingByKey())
                    .filter(found -> !isKnown(machine, found.getKey(), found.getValue())).limit(MOST_STRAYS)
                    .forEach(found -> strays.put(found.getKey(), found.getValue()));
            return lock(machine).map(m -> {
                if (m.unavailableCause != null) {
                    Log.infof("Machine %s answers again", m.name);
                    // What was owed while it did not answer need not wait for its turn.
                    Reservation.endPause(m, clock.now());
                }
                m.seen(clock.now());
                noteUsable(m, result.isDone() ? null : result.reason());
                if (m.duplicateReason != null) {
                    DuplicateHosts.note(m);
                }
                if (strays.isEmpty()) {
                    m.strayReason = null;
                } else if (!strays.keySet().stream().allMatch(account -> tells(m, NAMED.formatted(account)))) {
                    m.strayReason = sentences(strays.keySet().stream().map(STRAY::formatted));
                }
                return strays;
            }).orElse(Map.of());
        });
    }

    private static void noteUsable(Machine machine, String reason) {
        if (reason != null && machine.unusableReason == null) {
            Log.warnf("Machine %s leaves the pool: %s", machine.name, reason);
        } else if (reason == null && machine.unusableReason != null) {
            Log.infof("Machine %s: new accounts are of use again", machine.name);
        }
        machine.unusableReason = reason;
    }

    private static boolean tells(Machine machine, String ofStrays) {
        return machine.strayReason != null && machine.strayReason.contains(ofStrays);
    }

    private static String sentences(Stream<String> all) {
        return all.collect(Collectors.joining(" "));
    }

    /** Sits out until a look that is missed would have come, so that it also returns when nobody looks any more. */
    private void silent(Machine machine, AccountResult result) {
        Trouble trouble = result.outcome() == Outcome.HOST_KEY_CHANGED ? Trouble.HOST_KEY : Trouble.UNREACHABLE;
        int failures = transactions.call(() -> lock(machine).map(m -> {
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
                worker.remove(claim, releases.claimForRelease(new ReservationSelector.One(item.reservationId()),
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

    /** All of one machine, so that one note tells of all. */
    private CompletableFuture<Void> removeStrays(Machine machine, Map<String, Long> strays) {
        Target target = target(machine);
        Map<String, CompletableFuture<AccountResult>> removals = new TreeMap<>();
        strays.forEach((account, token) -> {
            Log.warnf("Machine %s: the account %s is ours, but no reservation knows it; removing it", machine.name,
                    account);
            removals.put(account, worker
                    .submit(machine.id, target, known -> new AccountTask(known, Action.REMOVE, account, token, null))
                    .thenApplyAsync(result -> audited(machine, account, result), AccountWorker.RECORDERS));
        });
        return CompletableFuture.allOf(removals.values().toArray(CompletableFuture[]::new))
                .thenRunAsync(() -> recordRemovals(machine, removals), AccountWorker.RECORDERS)
                .exceptionally(failure -> {
                    report(failure, "it is not known what became of stray accounts", machine);
                    return null;
                });
    }

    /** Only what the note before has not told, so that accounts that cannot be removed do not fill the audit. */
    private AccountResult audited(Machine before, String account, AccountResult result) {
        if (!tells(before, told(account, result))) {
            transactions.run(() -> audit.record(AuditEvent.of(AuditAction.STRAY_ACCOUNT_REMOVED, before.name)
                    .outcome(result.isDone() ? AuditOutcome.DONE : AuditOutcome.FAILED)
                    .detail("%s: %s".formatted(account, result.isDone() ? "removed" : result.reason()))));
        }
        return result;
    }

    private void recordRemovals(Machine before, Map<String, CompletableFuture<AccountResult>> removals) {
        Map<String, AccountResult> results = new TreeMap<>();
        removals.forEach((account, removal) -> results.put(account, removal.join()));
        transactions.run(() -> lock(before).filter(m -> m.strayReason != null).ifPresent(m -> {
            m.strayReason = sentences(results.entrySet().stream().map(of -> told(of.getKey(), of.getValue())));
            if (results.entrySet().stream()
                    .anyMatch(of -> of.getValue().isDone() && !tells(before, STRAY_WENT.formatted(of.getKey())))) {
                // Only another look lets the machine in again, and need not wait for its turn. Not so after one that has
                // gone before: whoever makes it again must not have us log in without a pause.
                m.nextProbeAt = clock.now();
            }
        }));
    }

    private static String told(String account, AccountResult result) {
        return result.isDone() ? STRAY_WENT.formatted(account) : STRAY_STAYS.formatted(account, result.reason());
    }

    /** The machine as it is now; none when it is another one, or is reached in another way, than when it was looked at. */
    private static Optional<Machine> lock(Machine looked) {
        return Machine.<Machine>findByIdOptional(looked.id, LockModeType.PESSIMISTIC_WRITE)
                .filter(m -> m.isReachedLike(looked));
    }
}
