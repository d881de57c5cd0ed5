package io.machinemanager.pool;

import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.Reservation;

/**
 * What may be left on a host whose machine was deleted by force.
 *
 * @param reservationId the reservation that ended with it
 * @param account the account that was made there, or was to be
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
