package io.machinemanager.api.reservation;

import java.util.List;

import io.machinemanager.reservation.PoolService.LiveReservations;

/**
 * The live reservations.
 *
 * @param reservations by machine
 */
public record ReservationsView(List<ReservationView> reservations) {

    static ReservationsView of(LiveReservations live) {
        return new ReservationsView(live.reservations().stream().map(r -> ReservationView.of(r, live.at())).toList());
    }

    /** The same without what passes with the time alone. */
    ReservationsView untimed() {
        return new ReservationsView(reservations.stream().map(ReservationView::untimed).toList());
    }

    /** The same for those whom the machines' trouble concerns. */
    static ReservationsView withReasons(LiveReservations live) {
        return new ReservationsView(
                live.reservations().stream().map(r -> ReservationView.withReasons(r, live.at())).toList());
    }
}
