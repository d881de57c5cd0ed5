package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

/**
 * One reservation at one moment.
 *
 * @param at the database's time
 * @param reservation the row, together with its machine
 * @param events what happened to it, oldest first
 */
public record ReservationDetails(Instant at, Reservation reservation, List<ReservationEvent> events) {
}
