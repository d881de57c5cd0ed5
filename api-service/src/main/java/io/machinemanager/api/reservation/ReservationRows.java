package io.machinemanager.api.reservation;

import java.util.List;

import io.machinemanager.api.polling.RowSource;
import io.machinemanager.database.TimedResult;
import io.machinemanager.reservation.LiveReservation;
import io.machinemanager.reservation.LiveReservations;
import io.machinemanager.reservation.LiveReservations.Wanted;

/**
 * Live reservations by machine.
 *
 * @param offset how many reservations to skip
 */
record ReservationRows(LiveReservations live, Wanted wanted, int offset) implements RowSource<ReservationView> {

    @Override
    public List<ReservationView> first(int limit) {
        return views(live.list(wanted, offset, limit));
    }

    @Override
    public List<ReservationView> after(ReservationView last, int limit) {
        return views(live.after(wanted, last.machine(), limit));
    }

    /** The reasons why a machine is not clean are shown only to callers that ask for one state. */
    private List<ReservationView> views(TimedResult<LiveReservation> part) {
        return part.rows().stream().map(row -> wanted.state() == null
                ? ReservationView.of(row, part.at())
                : ReservationView.withReasons(row, part.at())).toList();
    }
}
