package io.machinemanager.reservation;

import java.util.Optional;

import io.machinemanager.account.AccountEnd;
import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.Target;
import io.machinemanager.machine.Machine;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.ssh.SshCredentials;
import io.quarkus.logging.Log;

/**
 * A claimed reservation: all data that account work needs, read in the transaction of the claim.
 *
 * @param reservationId the row
 * @param machineId the machine's row
 * @param target how to reach the machine; its host keys are null when the machine was never reached
 * @param account the account's name
 * @param token the fencing token, see {@link Reservation#token}
 * @param login how the requester logs in to the account
 * @param end when access ends, for work that makes the account or moves its end; empty for other work, and without a guard
 */
public record WorkItem(long reservationId, long machineId, Target target, String account, long token,
        AccountLogin login, Optional<AccountEnd> end) {

    public static WorkItem of(Reservation reservation, boolean sudo, SecretBox secrets) {
        Machine machine = reservation.machine;
        return new WorkItem(reservation.id, machine.id, target(machine, secrets), reservation.account,
                reservation.token(), login(reservation, sudo), Optional.empty());
    }

    public static AccountLogin login(Reservation reservation, boolean sudo) {
        return new AccountLogin(reservation.passwordHash, reservation.sshPublicKey, sudo);
    }

    public static Target target(Machine machine, SecretBox secrets) {
        return new Target(machine.name, machine.host, machine.port, machine.sshUser, credentials(machine, secrets),
                machine.hostKeys);
    }

    /** Without credentials the machine counts as unreachable, so that a password that cannot be decrypted affects no other. */
    private static SshCredentials credentials(Machine machine, SecretBox secrets) {
        try {
            return machine.credentials(secrets);
        } catch (IllegalStateException e) {
            Log.errorf("Machine %s: %s", machine.name, e.getMessage());
            return new SshCredentials(null, null);
        }
    }

    /** The same item with another target. */
    public WorkItem with(Target reachable) {
        return new WorkItem(reservationId, machineId, reachable, account, token, login, end);
    }

    /** The same item, whose account is closed at first. */
    WorkItem closedAtFirst() {
        return new WorkItem(reservationId, machineId, target, account, token, login.closedAtFirst(), end);
    }

    /** The same item with another end. */
    WorkItem until(Optional<AccountEnd> other) {
        return new WorkItem(reservationId, machineId, target, account, token, login, other);
    }

    public AccountTask task(Action action) {
        return switch (action) {
            case CREATE -> new AccountTask(target, action, account, token, login, end);
            case END -> new AccountTask(target, action, account, token, null, end);
            case PASSWORD, REMOVE, PROBE -> new AccountTask(target, action, account, token, null);
        };
    }

    @Override
    public String toString() {
        return "Reservation " + reservationId + " on " + target.machine();
    }
}
