package io.machinemanager.reservation;

import java.util.List;

import jakarta.persistence.LockModeType;

/** Names some of the live reservations. */
sealed interface LiveRows {

    /** All of them. */
    record All() implements LiveRows {
    }

    /** The row with this id. */
    record One(long reservationId) implements LiveRows {
    }

    /** The rows of one request. */
    record OfRequest(String requestId) implements LiveRows {
    }

    /** The rows of one user. */
    record OfOwner(long userId) implements LiveRows {
    }

    /** The rows, locked until the end of the transaction in the order of their ids. */
    default List<Reservation> lock() {
        String live = " and state <> RELEASED order by id";
        return switch (this) {
            case All() -> lock("1 = 1" + live);
            case One(long reservationId) -> lock("id = ?1" + live, reservationId);
            case OfRequest(String requestId) -> lock("requestId = ?1" + live, requestId);
            case OfOwner(long userId) -> lock("ownerId = ?1" + live, userId);
        };
    }

    private static List<Reservation> lock(String query, Object... parameters) {
        return Reservation.<Reservation>find(query, parameters).withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }
}
