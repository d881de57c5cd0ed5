package io.machinemanager.account.ssh;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import com.jcraft.jsch.JSchException;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountScript;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.MachineAnswer;
import io.machinemanager.account.RunExecutor;
import io.machinemanager.account.RunQueue;
import io.machinemanager.account.ScriptLimits;
import io.machinemanager.account.Target;
import io.machinemanager.account.ansible.AnsibleDriver;
import io.machinemanager.account.ssh.SshConnections.BorrowedConnection;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.common.annotation.Identifier;

/**
 * Does account work in this process, over SSH connections that stay open. Runs the same script as {@link AnsibleDriver},
 * with the same results and reasons.
 */
@ApplicationScoped
@Identifier("SSH")
public class SshDriver implements AccountDriver {

    // A machine that works starts a command at once. After this time an idle connection counts as broken.
    private static final Duration IDLE_START_TIMEOUT = Duration.ofSeconds(2);

    private final AccountConfig config;
    private final SshConnections connections;
    private final RunExecutor runs;
    private final byte[] script = AccountScript.text();

    public SshDriver(AccountConfig config) {
        this.config = config;
        int limit = Math.max(1, config.maxConnections());
        this.connections = new SshConnections(limit, config.keepConnections());
        this.runs = new RunExecutor("ssh-run", new RunQueue(limit, 1), Duration.ZERO,
                (tasks, onResult) -> run(tasks.getFirst()));
    }

    @Override
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        return runs.submit(tasks);
    }

    @Override
    public void prepare(List<Target> targets) {
        targets.stream().filter(target -> target.problem().isEmpty())
                .forEach(target -> connections.acquireAhead(target).ifPresent(
                        place -> Thread.ofVirtual().name("ssh-prepare").start(() -> prepare(target, place))));
    }

    private void prepare(Target target, BorrowedConnection place) {
        try (place) {
            place.replace(open(target));
        } catch (SshFailure e) {
            Log.debugf("Machine %s: opening a connection ahead of need failed: %s", target.machine(), e.getMessage());
        }
    }

    private AccountResult run(AccountTask task) {
        long end = System.nanoTime() + timeout(task).toNanos();
        try (BorrowedConnection borrowed = connections.acquire(task.target())) {
            AccountResult result = task.action() == Action.PROBE
                    ? probe(task, borrowed, end)
                    : runOnIdle(task, borrowed).orElseGet(() -> runOnNew(task, borrowed, end));
            noteReservation(task, borrowed, result);
            return result;
        }
    }

    /**
     * A probe needs a log-in of its own to show that the machine works. The idle connection stays open until that log-in
     * succeeds: a removal can still use it while the machine's SSH server takes no new log-ins.
     */
    private AccountResult probe(AccountTask task, BorrowedConnection borrowed, long end) {
        borrowed.keepUntilReplaced();
        return runOnNew(task, borrowed, end);
    }

    /**
     * A connection is kept for the whole time of a reservation only in the process that probes machines, because the same
     * process also removes the accounts.
     */
    private static void noteReservation(AccountTask task, BorrowedConnection borrowed, AccountResult result) {
        if (task.action() == Action.REMOVE && result.isDone()) {
            borrowed.setReserved(false);
        } else if (task.action() == Action.PROBE && (result.isDone() || result.outcome() == Outcome.UNUSABLE)) {
            borrowed.setReserved(!result.accounts().isEmpty());
        }
    }

    /** Empty when there is no connection or it is of no use: each task may be repeated without harm. */
    private Optional<AccountResult> runOnIdle(AccountTask task, BorrowedConnection borrowed) {
        return borrowed.connection().flatMap(connection -> {
            try {
                // sshd keeps the settings of a log-in, such as a forced command, for as long as its connection lasts
                return Optional.of(answer(connection, task, IDLE_START_TIMEOUT, config.runTimeout()))
                        .filter(answer -> !answer.isNotRunForUnknownReason()).map(MachineAnswer::result);
            } catch (SocketTimeoutException e) {
                return Optional.of(timedOut(task));
            } catch (JSchException | IOException e) {
                Log.debugf("Machine %s: its idle connection broke: %s", task.target().machine(), e.getMessage());
                borrowed.discard();
                return Optional.empty();
            }
        });
    }

    private AccountResult runOnNew(AccountTask task, BorrowedConnection borrowed, long end) {
        SshConnection connection;
        try {
            connection = borrowed.replace(open(task));
        } catch (SshFailure e) {
            return e.result();
        }
        try {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            return left.isPositive()
                    ? answer(connection, task, config.connectTimeout(), left).result()
                    : timedOut(task);
        } catch (JSchException e) {
            borrowed.discard();
            return new AccountResult(Outcome.UNREACHABLE,
                    "The machine does not let the user that logs in run a command.");
        } catch (SocketTimeoutException e) {
            return timedOut(task);
        } catch (IOException e) {
            return new AccountResult(Outcome.FAILED, e.getMessage());
        }
    }

    private MachineAnswer answer(SshConnection connection, AccountTask task, Duration startTimeout, Duration timeout)
            throws JSchException, IOException {
        return connection.run(task, startTimeout, timeout, ScriptLimits.of(config, timeout));
    }

    private SshConnection open(Target target) throws SshFailure {
        return SshConnection.open(target, config.connectTimeout(), script);
    }

    private SshConnection open(AccountTask task) throws SshFailure {
        Duration timeout = task.action() == Action.PROBE ? config.healthTimeout() : config.connectTimeout();
        return SshConnection.open(task.target(), timeout, script);
    }

    private Duration timeout(AccountTask task) {
        return task.action() == Action.PROBE ? config.healthTimeout() : config.runTimeout();
    }

    private static AccountResult timedOut(AccountTask task) {
        return new AccountResult(task.action() == Action.PROBE ? Outcome.UNREACHABLE : Outcome.FAILED,
                "The machine does not answer in time.");
    }

    /** How many connections are open and idle. */
    int idleConnections() {
        return connections.idleCount();
    }

    void onShutdown(@Observes ShutdownEvent event) {
        close();
    }

    /** Refuses new work, waits for the running work, and closes the connections. */
    @PreDestroy
    public void close() {
        runs.close(config.runTimeout().plus(RunExecutor.END_TIMEOUT));
        connections.close();
    }
}
