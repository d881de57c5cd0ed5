package io.machinemanager.reservation;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.database.ReadOnlyQueries;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** What earlier reservations of machines say about the next one. */
final class PastReservations {

    private PastReservations() {
    }

    /**
     * The latest row of a machine.
     *
     * @param machineId the machine
     * @param createdAt {@link Reservation#createdAt} of its latest row; null when it was never lent
     * @param isLent whether it has a live row
     * @param now the database's time
     */
    @RegisterForReflection // created by a query
    record Latest(Long machineId, Instant createdAt, boolean isLent, Instant now) {

        /** The constructor that the query calls. */
        Latest(Long machineId, Instant createdAt, Long live, LocalDateTime now) {
            this(machineId, createdAt, live != null, now.toInstant(ZoneOffset.UTC));
        }
    }

    /** The latest row of each of these machines, by the machine's id. */
    static Map<Long, Latest> latestOn(List<Long> machines) {
        HqlCondition among = HqlCondition.oneOf("m.id", "machines", machines);
        return among
                .bind(Reservation.getSession()
                        .createSelectionQuery("select new io.machinemanager.reservation.PastReservations$Latest("
                                + "m.id, (select r.createdAt from Reservation r where r.machine.id = m.id order by r.createdAt desc limit 1),"
                                + " (select live.id from Reservation live where live.liveMachineId = m.id), "
                                + ReadOnlyQueries.NOW
                                + ") from Machine m where " + among.hql(), Latest.class))
                .getResultStream().collect(Collectors.toMap(Latest::machineId, row -> row));
    }

    /** The ids of the machines that a request has had and released, without deleted machines. */
    static Set<Long> machinesTriedFor(long requestId) {
        return Reservation.getEntityManager()
                .createQuery("select machine.id from Reservation where requestId = ?1 and liveMachineId is null"
                        + " and machine is not null", Long.class)
                .setParameter(1, requestId).getResultStream().collect(Collectors.toSet());
    }

    /** The ids of the machines that refused the account's name, by request. */
    static Map<Long, Set<Long>> refusalsOf(Collection<Long> requests) {
        if (requests.isEmpty()) {
            return Map.of();
        }
        return Reservation.getEntityManager()
                .createQuery(
                        "select requestId, machine.id from Reservation where requestId in ?1 and lastOutcome = REFUSED"
                                + " and machine is not null",
                        Object[].class)
                .setParameter(1, requests).getResultStream().collect(Collectors.groupingBy(row -> (Long) row[0],
                        Collectors.mapping(row -> (Long) row[1], Collectors.toSet())));
    }
}
