package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * An enabled machine, as far as the queue is concerned.
 *
 * @param id the machine
 * @param name its name
 * @param working whether nothing blocks it
 * @param reservation the state of its live reservation; null for none
 * @param reservedUntil the end of that reservation
 * @param failedRemovals how often the removal of the account has failed
 */
@RegisterForReflection // created by a query
record QueuedMachine(Long id, String name, boolean working, ReservationState reservation, Instant reservedUntil,
        Integer failedRemovals) {

    /** How long the removal of an account may take. */
    static final Duration REMOVAL = Duration.ofSeconds(30);

    private static final String ENABLED = "select new io.machinemanager.reservation.QueuedMachine(m.id, m.name,"
            + " case when " + FreeMachines.WORKING + " then true else false end, r.state, r.reservedUntil, r.attempts)"
            + " from Machine m left join Reservation r on r.liveMachineId = m.id where m.enabled = true order by m.id";

    /** All enabled machines in the order in which they are lent. */
    static List<QueuedMachine> enabled(Instant now) {
        return Request.getEntityManager().createQuery(ENABLED, QueuedMachine.class).setParameter("now", now)
                .getResultList();
    }

    /** Tells whether it can be lent now. */
    boolean isFree() {
        return working && reservation == null;
    }

    /**
     * When it can be lent, if no reservation is extended or ends early.
     *
     * @return empty when that is not known, since the machine does not work or the removal of an account has failed
     */
    Optional<Instant> freeFrom(Instant now) {
        if (!working || reservation == ReservationState.RELEASING && failedRemovals > 0) {
            return Optional.empty();
        }
        if (reservation == null) {
            return Optional.of(now);
        }
        boolean ends = reservation == ReservationState.RELEASING || reservedUntil.isBefore(now);
        return Optional.of((ends ? now : reservedUntil).plus(REMOVAL));
    }

    /** The labels of all machines, by machine. */
    static Map<Long, Map<String, String>> labels() {
        Map<Long, Map<String, String>> labels = new HashMap<>();
        Request.getEntityManager().createQuery("select machineId, name, value from MachineLabel", Object[].class)
                .getResultStream().forEach(row -> labels.computeIfAbsent((Long) row[0], id -> new HashMap<>())
                        .put((String) row[1], (String) row[2]));
        return labels;
    }
}
