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
import io.machinemanager.account.RunExecutor;
import io.machinemanager.account.RunQueue;
import io.machinemanager.account.ScriptLimits;
import io.machinemanager.account.Target;
import io.machinemanager.account.ansible.AnsibleDriver;
import io.machinemanager.account.ssh.SshConnections.Lease;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.common.annotation.Identifier;

/**
 * Does account work in this process, over SSH connections that are kept open. It runs the same script as
 * {@link AnsibleDriver} and tells the same reasons.
 */
@ApplicationScoped
@Identifier("SSH")
public class SshDriver implements AccountDriver {

    // A machine that answers at all takes a command at once; one that went without a word is logged in to anew.
    private static final Duration KEPT_PATIENCE = Duration.ofSeconds(2);

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
                .forEach(target -> connections.takeAhead(target)
                        .ifPresent(
                                lease -> Thread.ofVirtual().name("ssh-prepare").start(() -> prepare(target, lease))));
    }

    private void prepare(Target target, Lease taken) {
        try (Lease lease = taken) {
            lease.replace(open(target));
        } catch (SshFailure e) {
            Log.debugf("Machine %s: no connection ahead of need: %s", target.machine(), e.getMessage());
        }
    }

    private AccountResult run(AccountTask task) {
        long end = System.nanoTime() + limit(task).toNanos();
        try (Lease lease = connections.take(task.target())) {
            AccountResult result = task.action() == Action.PROBE
                    ? onFreshBeside(task, lease, end)
                    : onKept(task, lease).orElseGet(() -> onFresh(task, lease, end));
            noteLoan(task, lease, result);
            return result;
        }
    }

    /**
     * A probe is worth something only with a log-in of its own. The kept connection stays until that works: it still does
     * for a removal when the machine's SSH server takes no new ones for a while.
     */
    private AccountResult onFreshBeside(AccountTask task, Lease lease, long end) {
        lease.keepBeside();
        return onFresh(task, lease, end);
    }

    /** Only the process that probes goes on removing, so only there a connection is kept for the whole loan. */
    private static void noteLoan(AccountTask task, Lease lease, AccountResult result) {
        if (task.action() == Action.REMOVE && result.isDone()) {
            lease.lent(false);
        } else if (task.action() == Action.PROBE && (result.isDone() || result.outcome() == Outcome.UNUSABLE)) {
            lease.lent(!result.accounts().isEmpty());
        }
    }

    /** Nothing when the connection broke at rest or at work: each task may be repeated without harm. */
    private Optional<AccountResult> onKept(AccountTask task, Lease lease) {
        return lease.connection().flatMap(connection -> {
            try {
                return Optional.of(run(connection, task, KEPT_PATIENCE, config.runTimeout()));
            } catch (SocketTimeoutException e) {
                return Optional.of(tooLate(task));
            } catch (JSchException | IOException e) {
                Log.debugf("Machine %s: its connection broke: %s", task.target().machine(), e.getMessage());
                lease.drop();
                return Optional.empty();
            }
        });
    }

    private AccountResult onFresh(AccountTask task, Lease lease, long end) {
        SshConnection connection;
        try {
            connection = lease.replace(open(task));
        } catch (SshFailure e) {
            return e.result();
        }
        try {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            return left.isPositive() ? run(connection, task, config.connectTimeout(), left) : tooLate(task);
        } catch (JSchException e) {
            lease.drop();
            return new AccountResult(Outcome.UNREACHABLE, "The machine lets the log-in run no command.");
        } catch (SocketTimeoutException e) {
            return tooLate(task);
        } catch (IOException e) {
            return new AccountResult(Outcome.FAILED, e.getMessage());
        }
    }

    private AccountResult run(SshConnection connection, AccountTask task, Duration patience, Duration limit)
            throws JSchException, IOException {
        return connection.run(task, patience, limit, ScriptLimits.of(config, limit)).result();
    }

    private SshConnection open(Target target) throws SshFailure {
        return SshConnection.open(target, config.connectTimeout(), script);
    }

    private SshConnection open(AccountTask task) throws SshFailure {
        Duration patience = task.action() == Action.PROBE ? config.healthTimeout() : config.connectTimeout();
        return SshConnection.open(task.target(), patience, script);
    }

    private Duration limit(AccountTask task) {
        return task.action() == Action.PROBE ? config.healthTimeout() : config.runTimeout();
    }

    private static AccountResult tooLate(AccountTask task) {
        return new AccountResult(task.action() == Action.PROBE ? Outcome.UNREACHABLE : Outcome.FAILED,
                "The machine does not answer in time.");
    }

    /** How many connections are open and wait for work. */
    int restingConnections() {
        return connections.resting();
    }

    void onShutdown(@Observes ShutdownEvent event) {
        close();
    }

    /** Takes no more work, waits for the work in hand, and closes the connections. */
    @PreDestroy
    public void close() {
        runs.close(config.runTimeout().plus(RunExecutor.ENDING));
        connections.close();
    }
}
