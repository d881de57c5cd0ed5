package io.machinemanager.reservation;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.database.TimedResult;
import io.machinemanager.group.MachineAccess;

/** Lists live reservations, ordered by machine name. */
@ApplicationScoped
public class LiveReservations {

    private static final String LISTED = "select new io.machinemanager.reservation.LiveReservation(r.id, r.account,"
            + " r.ownerName, r.machineName, m.host, m.port, r.state, r.reservedUntil, r.releaseCause, r.releasingSince,"
            + " r.attempts, r.lastError, r.nextAttemptAt, r.failedResets), " + ReadOnlyQueries.NOW
            + " from Reservation r join r.machine m";

    private final ReadOnlyQueries queries;

    LiveReservations(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /**
     * A filter.
     *
     * @param state the state; null for any
     * @param ownerId the owner; null for any
     * @param access which machines the caller may see; reservations of other machines are left out, except the caller's own
     * @param callerId the caller; null when the caller may see all machines
     */
    public record Wanted(ReservationState state, Long ownerId, MachineAccess access, Long callerId) {

        /** All live reservations. */
        public static final Wanted ALL = new Wanted(null, null);

        /** A filter by state and owner, of reservations of all machines. */
        public Wanted(ReservationState state, Long ownerId) {
            this(state, ownerId, MachineAccess.ALL, null);
        }

        /** All live reservations that a caller may see. */
        public static Wanted seenBy(long callerId, MachineAccess access) {
            return access.all() ? ALL : new Wanted(null, null, access, callerId);
        }

        private HqlCondition condition(String from) {
            return HqlCondition.of("r.liveMachineName >= :from", "from", from)
                    .and(HqlCondition.unlessNull("r.state = :state", "state", state))
                    .and(HqlCondition.unlessNull("r.ownerId = :owner", "owner", ownerId))
                    .and(access.all() ? HqlCondition.TRUE : visible());
        }

        private HqlCondition visible() {
            return HqlCondition.of("r.ownerId = :caller", "caller", callerId)
                    .or(access.condition("r.liveMachineId"));
        }
    }

    /**
     * Lists a page.
     *
     * @param offset how many to skip
     * @param limit how many at most
     */
    public TimedResult<LiveReservation> list(Wanted wanted, int offset, int limit) {
        return queries.call(session -> part(session, wanted, "", offset, limit));
    }

    /**
     * Lists the reservations after the one on a machine.
     *
     * @param machine the machine's name
     * @param limit how many at most
     */
    public TimedResult<LiveReservation> after(Wanted wanted, String machine, int limit) {
        // the smallest string after the name
        return queries.call(session -> part(session, wanted, machine + '\u0000', 0, limit));
    }

    private static TimedResult<LiveReservation> part(StatelessSession session, Wanted wanted, String from, int offset,
            int limit) {
        HqlCondition condition = wanted.condition(from);
        return ReadOnlyQueries.snapshot(session, condition.bind(session.createSelectionQuery(
                LISTED + " where " + condition.hql() + " order by r.liveMachineName", Object[].class))
                .setFirstResult(offset).setMaxResults(limit), LiveReservation.class);
    }

    /** Counts the reservations. */
    public long count(Wanted wanted) {
        HqlCondition condition = wanted.condition("");
        return queries.call(session -> condition.bind(session.createSelectionQuery(
                "select count(*) from Reservation r where " + condition.hql(), Long.class)).getSingleResult());
    }
}
