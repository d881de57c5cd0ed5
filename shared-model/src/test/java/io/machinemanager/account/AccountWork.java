package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.ansible.AnsibleDriver;
import io.machinemanager.account.ssh.SshDriver;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** Work that a test gives to a driver, with a new fencing token for each reservation. */
public record AccountWork(AccountDriver driver) implements AutoCloseable {

    private static final AtomicLong TOKENS = new AtomicLong(System.currentTimeMillis() * 1000);
    private static final String PASSWORD = "open sesame";
    static final String HASH = AccountPassword.hash(PASSWORD);

    /** Work for a new driver of this kind. */
    public static AccountWork by(AccountConfig.Driver kind, AccountConfig settings) {
        return new AccountWork(switch (kind) {
            case ANSIBLE -> new AnsibleDriver(settings);
            case SSH -> new SshDriver(settings);
        });
    }

    @Override
    public void close() {
        switch (driver) {
            case AnsibleDriver ansible -> ansible.close();
            case SshDriver ssh -> ssh.close();
            default -> throw new IllegalStateException("Not a driver of the product: " + driver);
        }
    }

    public static long newToken() {
        return TOKENS.incrementAndGet();
    }

    public static AccountTask creation(Target target, String account, long token) {
        return new AccountTask(target, Action.CREATE, account, token, new AccountLogin(HASH, null, false));
    }

    public static AccountTask removal(Target target, String account, long token) {
        return new AccountTask(target, Action.REMOVE, account, token, null);
    }

    public AccountResult create(LabMachine machine, String account, long token) {
        return result(creation(machine.target(), account, token));
    }

    public AccountResult remove(LabMachine machine, String account, long token) {
        return result(removal(machine.target(), account, token));
    }

    /** The accounts of ours that a probe finds on a machine, with their tokens. */
    Map<String, Long> found(LabMachine machine) {
        return result(AccountTask.probe(machine.target())).accounts();
    }

    public AccountResult result(AccountTask task) {
        return resultOf(start(task));
    }

    public CompletableFuture<AccountResult> start(AccountTask task) {
        return driver.submit(List.of(task)).getFirst();
    }

    public static AccountResult resultOf(CompletableFuture<AccountResult> future) {
        return future.orTimeout(3, TimeUnit.MINUTES).join();
    }

    /** A machine whose SSH port is a server socket of the test. */
    static Target targetAt(ServerSocket port) {
        return new Target("m1", "127.0.0.1", port.getLocalPort(), "root", "secret",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnFnVCGkBs4lWvQyMIJTrgDJJdBz1tLzr5WEBH2HQQp");
    }

    public static void assertUnreachable(AccountResult result, String reason) {
        assertThat(result.outcome()).isEqualTo(Outcome.UNREACHABLE);
        assertThat(result.reason()).contains(reason);
    }

    public static SshLogin login(LabMachine machine, String account) {
        return new SshLogin(machine, account, PASSWORD);
    }
}
