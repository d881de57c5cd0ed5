package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

/**
 * A request with all that belongs to it.
 *
 * @param at the database's time of the query
 * @param request the row
 * @param reservations its reservations, past ones too, with their machines fetched
 * @param events its history, oldest first
 * @param outlook what it can expect while it waits; null when it does not
 */
public record RequestDetails(Instant at, Request request, List<Reservation> reservations,
        List<ReservationEvent> events, WaitOutlook outlook) {

    /** Whether its machines are lent. */
    public boolean isActive() {
        return request.state == RequestState.ACTIVE;
    }

    /** The id of the request. */
    public long id() {
        return request.id;
    }

    /** The id of its owner; null after the owner was deleted. */
    public Long ownerId() {
        return request.ownerId;
    }

    /** Its state. */
    public RequestState state() {
        return request.state;
    }

    RequestDetails with(WaitOutlook expected) {
        return new RequestDetails(at, request, reservations, events, expected);
    }
}
