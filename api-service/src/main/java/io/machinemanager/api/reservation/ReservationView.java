package io.machinemanager.api.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import io.machinemanager.reservation.LiveReservation;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A live reservation.
 *
 * @param reservationId its id
 * @param username the account on the machine
 * @param owner the user who reserved
 * @param machine the machine's name
 * @param host where to log in
 * @param port the port of its sshd
 * @param state its state: provisioning, active, releasing or resetting
 * @param reservedUntil the end
 * @param secondsRemaining the seconds until the end; 0 when it has passed
 * @param notClean why the machine is not free yet; only when that is asked for
 */
@RegisterForReflection // Jackson is called by hand
public record ReservationView(long reservationId, String username, String owner, String machine, String host, int port,
        String state, Instant reservedUntil, long secondsRemaining, @JsonUnwrapped NotClean notClean) {

    /**
     * Why a machine is not free although its reservation is over.
     *
     * @param releaseCause why the reservation ended
     * @param releasingSince when the removal began
     * @param failedRemovals how many attempts to remove the account have failed
     * @param failedResets how many attempts to reset the machine have failed
     * @param lastError the last error
     * @param nextAttemptAt when the next attempt is due; in the past while one is under way
     */
    @RegisterForReflection
    public record NotClean(String releaseCause, Instant releasingSince, int failedRemovals, int failedResets,
            @JsonInclude(Include.NON_NULL) String lastError, Instant nextAttemptAt) {

        private static NotClean of(LiveReservation reservation) {
            return new NotClean(name(reservation.releaseCause()), reservation.releasingSince(),
                    reservation.failedRemovals(), reservation.failedResets(), reservation.lastError(),
                    reservation.nextAttemptAt());
        }
    }

    static ReservationView of(LiveReservation reservation, Instant now) {
        return of(reservation, now, null);
    }

    static ReservationView withReasons(LiveReservation reservation, Instant now) {
        return of(reservation, now,
                switch (reservation.state()) {
                    case RELEASING, RESETTING -> NotClean.of(reservation);
                    case PROVISIONING, ACTIVE, RELEASED -> null;
                });
    }

    private static ReservationView of(LiveReservation reservation, Instant now, NotClean notClean) {
        return new ReservationView(reservation.id(), reservation.account(), reservation.ownerName(),
                reservation.machine(), reservation.host(), reservation.port(), name(reservation.state()),
                reservation.reservedUntil(), secondsRemaining(reservation.reservedUntil(), now), notClean);
    }

    /** What counts for the {@code ETag}: not the seconds that pass. */
    ReservationView forETag() {
        return new ReservationView(reservationId, username, owner, machine, host, port, state, reservedUntil, 0,
                notClean);
    }

    static long secondsRemaining(Instant end, Instant now) {
        return Math.max(0, Duration.between(now, end).toSeconds());
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
