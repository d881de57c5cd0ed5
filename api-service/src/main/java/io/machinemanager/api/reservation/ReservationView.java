package io.machinemanager.api.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

import io.machinemanager.reservation.Reservation;

/**
 * A live reservation.
 *
 * @param reservationId its id
 * @param username the account on the machine
 * @param owner the user who reserved
 * @param machine the machine's name
 * @param host where to log in
 * @param port the port of its sshd
 * @param state its station: provisioning, active or releasing
 * @param reservedUntil the end
 * @param secondsRemaining how long that is from now; 0 once it has passed
 */
public record ReservationView(long reservationId, String username, String owner, String machine, String host, int port,
        String state, Instant reservedUntil, long secondsRemaining) {

    static ReservationView of(Reservation reservation, Instant now) {
        return new ReservationView(reservation.id, reservation.account, reservation.ownerName, reservation.machineName,
                reservation.machine.host, reservation.machine.port, reservation.state.name().toLowerCase(Locale.ROOT),
                reservation.reservedUntil, secondsRemaining(reservation, now));
    }

    static long secondsRemaining(Reservation reservation, Instant now) {
        return Math.max(0, Duration.between(now, reservation.reservedUntil).toSeconds());
    }
}
