package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

import io.machinemanager.error.ConflictException;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.NotFoundException;

/** Which reservations get another end together, and whether they may. */
sealed interface EndScope {

    /**
     * Locks the reservations until the end of the transaction.
     *
     * @throws NotFoundException when there is no such reservation
     */
    List<Reservation> lock();

    /** The request that they belong to. */
    long requestId(List<Reservation> locked);

    /**
     * Checks that their end may be moved.
     *
     * @throws ConflictException when one of them is not running
     * @throws GoneException when the request is over
     */
    void check(Request request, List<Reservation> locked, Instant now);

    /**
     * One reservation.
     *
     * @param condition is given the locked reservation; an exception from it cancels the change
     */
    record OneReservation(long reservationId, Consumer<ReservationDetails> condition) implements EndScope {

        @Override
        public List<Reservation> lock() {
            return List.of(
                    Reservation.lockById(reservationId).orElseThrow(() -> Reservation.notFound(reservationId)));
        }

        @Override
        public long requestId(List<Reservation> locked) {
            return locked.getFirst().requestId;
        }

        @Override
        public void check(Request request, List<Reservation> locked, Instant now) {
            Reservation reservation = locked.getFirst();
            condition.accept(new ReservationDetails(now, reservation, ReservationEvent.of(reservationId)));
            if (!reservation.isRunning(now)) {
                throw new ConflictException("The reservation %d is over or being made, and cannot be changed."
                        .formatted(reservationId));
            }
        }
    }

    /**
     * All reservations of a request that count.
     *
     * @param condition runs when all is locked; an exception from it cancels the change
     */
    record WholeRequest(long id, Runnable condition) implements EndScope {

        @Override
        public List<Reservation> lock() {
            return Reservation.lockLiveOf(id).stream().filter(WholeRequest::counts).toList();
        }

        /** Machines that were given back or replaced count no more; one that replaces another gets its end later. */
        private static boolean counts(Reservation row) {
            return row.state == ReservationState.ACTIVE
                    || row.state == ReservationState.RELEASING && row.releaseCause == ReleaseCause.EXPIRED;
        }

        @Override
        public long requestId(List<Reservation> locked) {
            return id;
        }

        @Override
        public void check(Request request, List<Reservation> locked, Instant now) {
            condition.run();
            if (!request.state.isOpen()) {
                throw request.gone();
            }
            if (request.state != RequestState.ACTIVE || locked.isEmpty()) {
                throw new ConflictException("The request %d has no machines whose end could be moved.".formatted(id));
            }
            List<String> ending = locked.stream().filter(row -> !row.isRunning(now)).map(row -> row.machineName)
                    .toList();
            if (!ending.isEmpty()) {
                throw new ConflictException("Nothing is changed, since the time of these machines is over: %s."
                        .formatted(String.join(", ", ending)));
            }
        }
    }
}
