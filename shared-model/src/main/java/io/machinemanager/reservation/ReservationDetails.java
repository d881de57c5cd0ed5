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
}
