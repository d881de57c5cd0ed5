package io.machinemanager.reservation;

import io.machinemanager.machine.Machine;

/**
 * What may be left on a host whose machine was deleted by force.
 *
 * @param reservationId the reservation that ended with it
 * @param account the account that was made there, or was to be
 * @param host the host's address
 * @param port the port of its sshd
 */
public record LeftBehind(long reservationId, String account, String host, int port) {

    static LeftBehind of(Reservation live, Machine machine) {
        return new LeftBehind(live.id, live.account, machine.host, machine.port);
    }

    @Override
    public String toString() {
        return "the account %s with its processes and its home may be left on %s port %d.".formatted(account, host,
                port);
    }
}
