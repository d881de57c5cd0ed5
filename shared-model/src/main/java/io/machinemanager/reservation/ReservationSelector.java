package io.machinemanager.reservation;

import java.util.List;

import jakarta.persistence.LockModeType;

import io.quarkus.hibernate.orm.panache.PanacheQuery;

/** Selects live reservations. */
public sealed interface ReservationSelector {

    /** All of them. */
    record All() implements ReservationSelector {
    }

    /** The row with this id. */
    record One(long reservationId) implements ReservationSelector {
    }

    /** The rows of one request. */
    record OfRequest(long requestId) implements ReservationSelector {
    }

    /** The rows of one user. */
    record OfOwner(long userId) implements ReservationSelector {
    }

    /** The selected rows, ordered by id. */
    default List<Reservation> find() {
        return query().list();
    }

    /** The selected rows, locked until the end of the transaction, ordered by id. */
    default List<Reservation> lock() {
        return query().withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    private PanacheQuery<Reservation> query() {
        String live = "liveMachineId is not null";
        String order = " order by id";
        return switch (this) {
            case All() -> Reservation.find(live + order);
            case One(long reservationId) -> Reservation.find(live + " and id = ?1" + order, reservationId);
            case OfRequest(long requestId) -> Reservation.find(live + " and requestId = ?1" + order, requestId);
            case OfOwner(long userId) -> Reservation.find(live + " and ownerId = ?1" + order, userId);
        };
    }
}
