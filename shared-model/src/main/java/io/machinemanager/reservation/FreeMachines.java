package io.machinemanager.reservation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import io.machinemanager.database.SkipLocked;
import io.machinemanager.machine.Machine;

/**
 * The machines that may be lent at this moment: enabled, reached once, without anything that holds them out, and without a live
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
     * Locks free machines until the end of the transaction, passing over those that another transaction is about to take.
     * The order is that of the primary key, so that the database stops, and locks, no further than it has to.
     */
    static List<Machine> lock(Instant now, int count) {
        return lock(now, count, Set.of());
    }

    /** The same, but for machines with these ids. */
    static List<Machine> lock(Instant now, int count, Set<Long> except) {
        List<Machine> free = new ArrayList<>();
        long last = Long.MIN_VALUE;
        while (free.size() < count) {
            List<Machine> locked = SkipLocked.first(except.isEmpty()
                    ? Machine.find(FREE + " and m.id > ?2 order by m.id", now, last)
                    : Machine.find(FREE + " and m.id > ?2 and m.id not in ?3 order by m.id", now, last, except),
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
     * Those that were lent between the look at them and their lock, whose holder had just let go of it. From the lock on
     * nobody else lends them, so what is seen now stays.
     */
    private static Set<Long> lent(List<Machine> locked) {
        return Set.copyOf(Reservation.getEntityManager()
                .createQuery("select liveMachineId from Reservation where liveMachineId in ?1", Long.class)
                .setParameter(1, locked.stream().map(machine -> machine.id).toList()).getResultList());
    }

    /** The free machines that will be lent next, without any claim on them. */
    public static List<Machine> next(Instant now, int count) {
        return Machine.<Machine>find(FREE + " order by m.id", now).range(0, count - 1).list();
    }

    /**
     * How many of the free machines are kept back to replace lent ones that die.
     *
     * @param percent the share of the enabled machines, rounded up
     */
    static int keptBack(int percent) {
        return percent == 0 ? 0 : (int) Math.ceilDiv(Machine.count("enabled = true") * percent, 100);
    }

    /**
     * How many machines are free; those that another transaction is about to take count as free. It takes a look at each,
     * which only a refused request costs.
     */
    static long count(Instant now) {
        return Machine.count(FREE, now);
    }

    /** How many of the machines with these ids are free. */
    static long count(Instant now, Set<Long> among) {
        return among.isEmpty() ? 0 : Machine.count(FREE + " and m.id in ?2", now, among);
    }

    /**
     * When so many more machines should be free, if nobody extends or gives back early.
     *
     * @return nothing when fewer than that are lent
     */
    static Optional<Instant> nextFreeAt(int more) {
        return Reservation.<Reservation>find("dueAt is not null and state = ACTIVE order by dueAt")
                .range(more - 1, more - 1)
                .firstResultOptional().map(reservation -> reservation.reservedUntil);
    }
}
