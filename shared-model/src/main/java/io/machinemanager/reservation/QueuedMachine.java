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
 * @param blockedUntil when the block ends; null when it works, and when that is not to be counted on
 * @param reservation the state of its live reservation; null for none
 * @param reservedUntil the end of that reservation
 * @param failedRemovals how often the removal of the account has failed, or the reset while the machine is reset
 * @param nextRemovalAt when the removal, or the reset, is tried again; null for at once
 * @param resetMillis how long its last reset took, in milliseconds; null when it was not reset
 */
@RegisterForReflection // created by a query
record QueuedMachine(Long id, String name, boolean working, Instant blockedUntil, ReservationState reservation,
        Instant reservedUntil, Integer failedRemovals, Instant nextRemovalAt, Long resetMillis) {

    /** How long the removal of an account may take. */
    static final Duration REMOVAL = Duration.ofSeconds(30);

    /** How long the first reset of a machine is assumed to take. */
    static final Duration FIRST_RESET = Duration.ofMinutes(1);

    /** A machine that failed more often in a row is not waited for. */
    private static final int MAX_FAILURES = 3;

    /** A machine that was not seen for so long is not waited for. */
    private static final Duration MAX_SILENCE = Duration.ofMinutes(10);

    private static final String BLOCKED_UNTIL = "case when m.inService = true and m.failures <= :failures"
            + " and m.lastSeenAt > :lastSeen and (m.unavailableCause is null or m.unavailableCause <> HOST_KEY)"
            + " then greatest(coalesce(m.unavailableUntil, m.pausedUntil),"
            + " coalesce(m.pausedUntil, m.unavailableUntil)) end";

    private static final String ENABLED = "select new io.machinemanager.reservation.QueuedMachine(m.id, m.name,"
            + " case when " + FreeMachines.WORKING + " then true else false end, " + BLOCKED_UNTIL
            + ", r.state, r.reservedUntil, case when r.state = RESETTING then r.failedResets else r.attempts end,"
            + " r.nextAttemptAt, m.lastResetMillis)"
            + " from Machine m left join Reservation r on r.liveMachineId = m.id where m.enabled = true order by m.id";

    /** All enabled machines in the order in which they are lent. */
    static List<QueuedMachine> enabled(Instant now) {
        return Request.getEntityManager().createQuery(ENABLED, QueuedMachine.class).setParameter("now", now)
                .setParameter("failures", MAX_FAILURES).setParameter("lastSeen", now.minus(MAX_SILENCE))
                .getResultList();
    }

    /** Tells whether it can be lent now. */
    boolean isFree() {
        return working && reservation == null;
    }

    /**
     * When it can be lent, if no reservation is extended or ends early, and the next try of what has failed succeeds.
     *
     * @return empty when that is not known: the machine has failed too often, or is not in service
     */
    Optional<Instant> freeFrom(Instant now) {
        if (!working && blockedUntil == null || failedRemovals != null && failedRemovals > MAX_FAILURES) {
            return Optional.empty();
        }
        Instant works = working ? now : later(now, blockedUntil);
        return Optional.of(reservation == null ? works : later(works, availableAt(now)));
    }

    private Instant availableAt(Instant now) {
        Instant begins = reservation.isInUse() ? reservedUntil : Optional.ofNullable(nextRemovalAt).orElse(now);
        Duration removal = reservation == ReservationState.RESETTING ? Duration.ZERO : REMOVAL;
        return later(now, begins).plus(removal).plus(reset());
    }

    /** How long a reset takes: as long as the last one. */
    private Duration reset() {
        if (resetMillis != null) {
            return Duration.ofMillis(resetMillis);
        }
        return reservation == ReservationState.RESETTING ? FIRST_RESET : Duration.ZERO;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
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
