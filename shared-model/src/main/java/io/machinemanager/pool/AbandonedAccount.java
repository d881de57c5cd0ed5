package io.machinemanager.pool;

import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.Reservation;

/**
 * An account that may be left on the host of a machine that was deleted by force.
 *
 * @param reservationId the reservation that ended with it
 * @param account the name of the account
 * @param host the host's address
 * @param port the port of its sshd
 */
public record AbandonedAccount(long reservationId, String account, String host, int port) {

    static AbandonedAccount of(Reservation live, Machine machine) {
        return new AbandonedAccount(live.id, live.account, machine.host, machine.port);
    }

    @Override
    public String toString() {
        return "the account %s with its processes and its home may be left on %s port %d.".formatted(account, host,
                port);
    }
}
