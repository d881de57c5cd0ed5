package io.machinemanager.reservation;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;
import org.hibernate.query.SelectionQuery;

import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.database.TimedResult;

/** Lists of the live reservations, by machine. */
@ApplicationScoped
public class LiveReservations {

    private static final String LISTED = "select new io.machinemanager.reservation.LiveReservation(r.id, r.account,"
            + " r.ownerName, r.machineName, m.host, m.port, r.state, r.reservedUntil, r.releaseCause, r.releasingSince,"
            + " r.attempts, r.lastError, r.nextAttemptAt), " + ReadOnlyQueries.NOW
            + " from Reservation r join r.machine m";

    private final ReadOnlyQueries reads;

    LiveReservations(ReadOnlyQueries reads) {
        this.reads = reads;
    }

    /**
     * Which of them are wanted.
     *
     * @param state in which state; null means in any
     * @param ownerId whose; null means everybody's
     */
    public record Wanted(ReservationState state, Long ownerId) {

        /** All live reservations. */
        public static final Wanted ALL = new Wanted(null, null);

        private String condition() {
            return " where r.liveMachineName >= :from" + (state == null ? "" : " and r.state = :state")
                    + (ownerId == null ? "" : " and r.ownerId = :owner");
        }

        private <T> SelectionQuery<T> in(SelectionQuery<T> query, String from) {
            query.setParameter("from", from);
            if (state != null) {
                query.setParameter("state", state);
            }
            if (ownerId != null) {
                query.setParameter("owner", ownerId);
            }
            return query;
        }
    }

    /**
     * A part of them.
     *
     * @param offset how many to leave out at the start
     * @param limit how many at the most
     */
    public TimedResult<LiveReservation> list(Wanted wanted, int offset, int limit) {
        return reads.call(session -> part(session, wanted, "", offset, limit));
    }

    /**
     * Those that come after the one on a machine.
     *
     * @param machine the machine's name
     * @param limit how many at the most
     */
    public TimedResult<LiveReservation> after(Wanted wanted, String machine, int limit) {
        // the least name that is greater
        return reads.call(session -> part(session, wanted, machine + '\u0000', 0, limit));
    }

    private static TimedResult<LiveReservation> part(StatelessSession session, Wanted wanted, String from, int offset,
            int limit) {
        SelectionQuery<Object[]> query = session
                .createSelectionQuery(LISTED + wanted.condition() + " order by r.liveMachineName", Object[].class);
        return ReadOnlyQueries.snapshot(session, wanted.in(query, from).setFirstResult(offset).setMaxResults(limit),
                LiveReservation.class);
    }

    /** How many there are. */
    public long count(Wanted wanted) {
        return reads.call(session -> wanted.in(session.createSelectionQuery(
                "select count(*) from Reservation r" + wanted.condition(), Long.class), "").getSingleResult());
    }
}
