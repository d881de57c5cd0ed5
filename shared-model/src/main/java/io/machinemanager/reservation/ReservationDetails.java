package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

/**
 * A reservation with its events.
 *
 * @param at the database's time of the query
 * @param reservation the row, with its machine fetched
 * @param events its history, oldest first
 */
public record ReservationDetails(Instant at, Reservation reservation, List<ReservationEvent> events) {

    /** The id of the reservation. */
    public long id() {
        return reservation.id;
    }

    /** The id of its owner; null after the owner was deleted. */
    public Long ownerId() {
        return reservation.ownerId;
    }
}
