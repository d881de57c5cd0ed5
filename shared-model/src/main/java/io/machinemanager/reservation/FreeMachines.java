package io.machinemanager.reservation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import io.machinemanager.database.SkipLocked;
import io.machinemanager.machine.Machine;

/**
 * Finds the machines that may be lent now: enabled, with a log-in that worked, nothing that blocks them, and no live
 * reservation.
 */
public final class FreeMachines {

    private static final String FREE = "from Machine m where m.enabled = true"
            + " and m.lastSeenAt is not null and m.unusableReason is null and m.duplicateReason is null"
            + " and (m.unavailableUntil is null or m.unavailableUntil <= ?1)"
            + " and (m.pausedUntil is null or m.pausedUntil <= ?1) and m.strayReason is null"
            + " and not exists (select 1 from Reservation r where r.liveMachineId = m.id)";

    private FreeMachines() {
    }

    /**
     * Locks free machines until the end of the transaction, skipping those that another transaction has locked. They are
     * read in the order of the primary key, so that the database reads and locks no more rows than needed.
     */
    static List<Machine> lock(Instant now, int count) {
        return lock(now, count, Set.of());
    }

    /** Like {@link #lock(Instant, int)}, without the machines with these ids. */
    static List<Machine> lock(Instant now, int count, Set<Long> excluded) {
        List<Machine> free = new ArrayList<>();
        long last = Long.MIN_VALUE;
        while (free.size() < count) {
            List<Machine> locked = SkipLocked.first(excluded.isEmpty()
                    ? Machine.find(FREE + " and m.id > ?2 order by m.id", now, last)
                    : Machine.find(FREE + " and m.id > ?2 and m.id not in ?3 order by m.id", now, last, excluded),
                    count - free.size());
            if (locked.isEmpty()) {
                break;
            }
            last = locked.getLast().id;
            Set<Long> lent = lent(locked);
            locked.stream().filter(machine -> !lent.contains(machine.id)).forEach(free::add);
        }
        return free;
    }

    /**
     * Machines that were lent between the query and the lock: the other transaction committed in between. This query sees
     * its rows, and no other transaction can lend the machines while they are locked.
     */
    private static Set<Long> lent(List<Machine> locked) {
        return Set.copyOf(Reservation.getEntityManager()
                .createQuery("select liveMachineId from Reservation where liveMachineId in ?1", Long.class)
                .setParameter(1, locked.stream().map(machine -> machine.id).toList()).getResultList());
    }

    /** The free machines that will be lent next. They are not locked. */
    public static List<Machine> next(Instant now, int count) {
        return Machine.<Machine>find(FREE + " order by m.id", now).range(0, count - 1).list();
    }

    /**
     * How many free machines are kept as spares, to replace lent machines that stop answering.
     *
     * @param percent the share of the enabled machines, rounded up
     */
    static int spares(int percent) {
        return percent == 0 ? 0 : (int) Math.ceilDiv(Machine.count("enabled = true") * percent, 100);
    }

    /**
     * How many machines are free, including those that another transaction has locked. It reads every machine, so only
     * refused requests call it.
     */
    static long count(Instant now) {
        return Machine.count(FREE, now);
    }

    /** How many of the machines with these ids are free. */
    static long count(Instant now, Set<Long> among) {
        return among.isEmpty() ? 0 : Machine.count(FREE + " and m.id in ?2", now, among);
    }

    /**
     * When this many more machines will be free, if no reservation is extended or released early.
     *
     * @return empty when fewer machines are lent
     */
    static Optional<Instant> nextFreeAt(int more) {
        return Reservation.<Reservation>find("dueAt is not null and state = ACTIVE order by dueAt")
                .range(more - 1, more - 1)
                .firstResultOptional().map(reservation -> reservation.reservedUntil);
    }
}
