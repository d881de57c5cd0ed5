package io.machinemanager.reservation;

import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.Target;
import io.machinemanager.machine.Machine;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * A reservation that is to be worked on, read in the transaction that took the claim: all that account work needs, with
 * no tie to the database.
 *
 * @param reservationId the row
 * @param machineId the machine's row
 * @param target how to reach the machine; its host keys are null when the machine was never reached
 * @param account the account's name
 * @param token the fencing token
 * @param passwordHash the hash of the account's password
 */
record WorkItem(long reservationId, long machineId, Target target, String account, long token, String passwordHash) {

    static WorkItem of(Reservation reservation, SecretBox secrets) {
        Machine machine = reservation.machine;
        return new WorkItem(reservation.id, machine.id, target(machine, secrets), reservation.account,
                reservation.token(),
                reservation.passwordHash);
    }

    static Target target(Machine machine, SecretBox secrets) {
        return new Target(machine.name, machine.host, machine.port, machine.sshUser,
                password(machine, secrets), machine.hostKeys);
    }

    /** A password that cannot be decrypted concerns its own machine alone: without one, that counts as unreachable. */
    private static String password(Machine machine, SecretBox secrets) {
        try {
            return secrets.open(machine.secretOwner(), machine.sealedPassword);
        } catch (IllegalStateException e) {
            Log.errorf("Machine %s: %s", machine.name, e.getMessage());
            return "";
        }
    }

    WorkItem with(Target reachable) {
        return new WorkItem(reservationId, machineId, reachable, account, token, passwordHash);
    }

    AccountTask task(Action action) {
        return new AccountTask(target, action, account, token, action == Action.CREATE ? passwordHash : null);
    }

    @Override
    public String toString() {
        return "Reservation " + reservationId + " on " + target.machine();
    }
}
