package io.machinemanager.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountScript;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;

/**
 * Replaces real machines in tests that need a certain failure or a failure at a certain moment. It follows the rules of
 * the real script: it removes only accounts with the task's token, and makes none for a token that was cleaned up.
 */
@Alternative
@Priority(1)
@ApplicationScoped
public class FakeMachines implements AccountDriver {

    private final Map<String, Map<String, Long>> accounts = new ConcurrentHashMap<>();
    private final Map<String, Long> fences = new ConcurrentHashMap<>();
    private final Map<String, Function<AccountTask, CompletableFuture<AccountResult>>> faults = new ConcurrentHashMap<>();

    private final Map<String, Map<String, String>> facts = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Instant>> ends = new ConcurrentHashMap<>();
    private final Set<String> closed = ConcurrentHashMap.newKeySet();

    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<AccountTask> log = new ConcurrentLinkedQueue<>();
    private final Queue<Integer> submissions = new ConcurrentLinkedQueue<>();

    @Override
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        submissions.add(tasks.size());
        return tasks.stream().map(this::start).toList();
    }

    /** Forgets all accounts and faults. */
    public void reset() {
        accounts.clear();
        fences.clear();
        ends.clear();
        closed.clear();
        faults.clear();
        facts.clear();
        waiting.set(0);
        log.clear();
        submissions.clear();
    }

    /** Ends every task of that machine with this outcome, without an effect on the machine. */
    public void fail(String machine, Outcome outcome, String reason) {
        faults.put(machine, task -> CompletableFuture.completedFuture(new AccountResult(outcome, reason)));
    }

    /** Ends every task of one kind on that machine with this outcome, without an effect on the machine. */
    public void fail(String machine, Action action, Outcome outcome, String reason) {
        faults.put(machine, task -> CompletableFuture
                .completedFuture(task.action() == action ? new AccountResult(outcome, reason) : work(task)));
    }

    /**
     * Lets every task of that machine wait.
     *
     * @return its completion lets the tasks go on
     */
    public CompletableFuture<Void> hold(String machine) {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        faults.put(machine, task -> {
            waiting.incrementAndGet();
            return gate.thenApply(open -> {
                waiting.decrementAndGet();
                return work(task);
            });
        });
        return gate;
    }

    /** The number of tasks in each submission. */
    public List<Integer> submissions() {
        return List.copyOf(submissions);
    }

    /** The machines that were asked to remove an account, in this order. */
    public List<String> removals() {
        return asked(Action.REMOVE);
    }

    /** The machines that were probed, in this order. */
    public List<String> probes() {
        return asked(Action.PROBE);
    }

    /** The machines that were given this kind of task, in this order. */
    public List<String> asked(Action action) {
        return tasks(action).stream().map(task -> task.target().machine()).toList();
    }

    /** The tasks of this kind, in this order. */
    public List<AccountTask> tasks(Action action) {
        return log.stream().filter(task -> task.action() == action).toList();
    }

    /** The number of tasks that wait because of {@link #hold}. */
    public int waiting() {
        return waiting.get();
    }

    /** Runs an action at the start of each task of that machine. */
    public void before(String machine, Runnable action) {
        faults.put(machine, task -> {
            action.run();
            return CompletableFuture.completedFuture(work(task));
        });
    }

    /** Lets a real driver do the work of that machine. */
    public void delegate(String machine, AccountDriver driver) {
        faults.put(machine, task -> driver.submit(List.of(task)).getFirst());
    }

    /** Ends the fault of a machine. */
    public void heal(String machine) {
        faults.remove(machine);
    }

    /** Copies the accounts of one machine to another, as if both names were one host. */
    public void copyAccounts(String from, String to) {
        on(to).putAll(on(from));
    }

    /** Makes an account with our mark that belongs to no reservation. */
    public void addStrayAccount(String machine, String account) {
        on(machine).put(account, 1L);
    }

    /** Sets what a probe finds out about a machine. */
    public void setFacts(String machine, Map<String, String> found) {
        facts.put(machine, found);
    }

    /** Makes an account without our mark. */
    public void addForeignAccount(String machine, String account) {
        on(machine).put(account, -1L);
    }

    /** Moves all tokens on the machines ahead, as if a clock that was ahead had issued them. */
    public void putTokensAhead(Duration by) {
        long micros = by.toNanos() / 1_000;
        accounts.values().forEach(names -> names.replaceAll((name, token) -> token > 0 ? token + micros : token));
        fences.replaceAll((machine, token) -> token + micros);
    }

    /** The names of all accounts on a machine. */
    public Set<String> accountsOn(String machine) {
        return new TreeSet<>(on(machine).keySet());
    }

    /** All accounts of all machines, as {@code machine/account}. */
    public List<String> allAccounts() {
        List<String> all = new ArrayList<>();
        accounts.forEach((machine, names) -> names.keySet().forEach(name -> all.add(machine + "/" + name)));
        return all;
    }

    private Map<String, Long> on(String machine) {
        return accounts.computeIfAbsent(machine, name -> new HashMap<>());
    }

    private CompletableFuture<AccountResult> start(AccountTask task) {
        log.add(task);
        return faults.getOrDefault(task.target().machine(), t -> CompletableFuture.completedFuture(work(t)))
                .apply(task);
    }

    /** Does a task as a machine without a fault would. */
    public synchronized AccountResult work(AccountTask task) {
        String machine = task.target().machine();
        if (task.action() == Action.PROBE) {
            Map<String, Long> left = new HashMap<>();
            ends.getOrDefault(machine, Map.of())
                    .forEach((account, end) -> left.put(account, Duration.between(Instant.now(), end).toSeconds()));
            Map<String, String> found = new HashMap<>(facts.getOrDefault(machine, Map.of()));
            if (!left.isEmpty()) {
                found.putIfAbsent("guard", Long.toString(AccountScript.guardVersion()));
            }
            return AccountResult.found(on(machine).entrySet().stream().filter(account -> account.getValue() > 0)
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
                    .withSecondsLeft(left).withFacts(found);
        }
        Long owner = on(machine).get(task.account());
        if (task.action() == Action.REMOVE) {
            fences.merge(machine, task.token(), Math::max);
            on(machine).remove(task.account(), task.token());
            closed.remove(machine + "/" + task.account());
            ends.getOrDefault(machine, new HashMap<>()).remove(task.account());
            return AccountResult.done();
        }
        if (task.action() == Action.PASSWORD) {
            return owner != null && owner == task.token() && fences.getOrDefault(machine, 0L) < task.token()
                    ? AccountResult.done()
                    : new AccountResult(Outcome.REFUSED, "There is no such account.");
        }
        if (task.action() == Action.END) {
            boolean ours = owner != null && owner == task.token() && fences.getOrDefault(machine, 0L) < task.token();
            if (ours) {
                putEnd(task);
                closed.remove(machine + "/" + task.account());
            }
            return ours ? AccountResult.done() : new AccountResult(Outcome.REFUSED, "There is no such account.");
        }
        if (fences.getOrDefault(machine, 0L) >= task.token()) {
            return new AccountResult(Outcome.FAILED, "This reservation was already cleaned up.");
        }
        if (owner != null && owner != task.token()) {
            return new AccountResult(Outcome.REFUSED, "The name exists.");
        }
        on(machine).put(task.account(), task.token());
        putEnd(task);
        if (task.login().closed()) {
            closed.add(machine + "/" + task.account());
        }
        return AccountResult.done();
    }

    private void putEnd(AccountTask task) {
        Map<String, Instant> known = ends.computeIfAbsent(task.target().machine(), name -> new ConcurrentHashMap<>());
        task.end().ifPresentOrElse(end -> known.put(task.account(), end.until()), () -> known.remove(task.account()));
    }

    /** The accounts to which no log-in works yet, as {@code machine/account}. */
    public Set<String> closedAccounts() {
        return Set.copyOf(closed);
    }

    /** The end that the guard of a machine goes by for an account; null for none. */
    public Instant endOn(String machine, String account) {
        return ends.getOrDefault(machine, Map.of()).get(account);
    }

    /** Lets a machine forget which tokens it has cleaned up, as one that was made anew. */
    public void forgetFence(String machine) {
        fences.remove(machine);
    }

    /** Lets a machine forget the ends of its accounts and its guard, as if its disk was older. */
    public void loseEnds(String machine) {
        ends.remove(machine);
    }
}
