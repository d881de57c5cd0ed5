package io.machinemanager.reservation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.database.SkipLocked;
import io.machinemanager.machine.Machine;

/**
 * Finds the machines that may be lent now: enabled, with a log-in that worked, nothing that blocks them, and no live
 * reservation. A user gets only machines for everyone, and those for a group that the user is in.
 */
public final class FreeMachines {

    /** Nothing blocks the machine {@code m} at the time {@code :now}. */
    public static final String WORKING = "m.inService = true"
            + " and (m.unavailableUntil is null or m.unavailableUntil <= :now)"
            + " and (m.pausedUntil is null or m.pausedUntil <= :now)";

    private static final String FREE = WORKING
            + " and not exists (select 1 from Reservation r where r.liveMachineId = m.id)";

    private FreeMachines() {
    }

    private static HqlCondition free(Instant now) {
        return HqlCondition.of(FREE, "now", now);
    }

    /**
     * Locks free machines until the end of the transaction, skipping those that another transaction has locked. They are
     * read in the order of the primary key, so that the database reads and locks no more rows than needed.
     */
    static List<FreeMachine> lock(Instant now, int count, MachineFilter filter) {
        HqlCondition condition = free(now).and(filter.condition());
        return first(condition).map(first -> lock(count, condition, first)).orElse(List.of());
    }

    /** The first one that matches, without locks: a search that locks would lock each row that it reads for a moment. */
    private static Optional<Long> first(HqlCondition condition) {
        return condition.bind(Machine.getSession().createSelectionQuery(
                "select m.id from Machine m where " + condition.hql() + " order by m.id", Long.class)).setMaxResults(1)
                .getResultStream().findFirst();
    }

    private static List<FreeMachine> lock(int count, HqlCondition condition, long first) {
        List<FreeMachine> free = new ArrayList<>();
        long from = first;
        while (free.size() < count) {
            HqlCondition further = condition.and(HqlCondition.of("m.id >= :from", "from", from));
            List<Machine> locked = SkipLocked.first(
                    Machine.find("from Machine m where " + further.hql() + " order by m.id", further.parameters()),
                    count - free.size());
            if (locked.isEmpty()) {
                break;
            }
            from = locked.getLast().id + 1;
            free.addAll(withoutLent(locked));
        }
        return free;
    }

    /**
     * Without machines that were lent between the query and the lock: the other transaction committed in between. A query
     * after the lock sees its rows, and no other transaction can lend the machines while they are locked.
     */
    private static List<FreeMachine> withoutLent(List<Machine> locked) {
        Map<Long, PastReservations.Latest> latest = PastReservations
                .latestOn(locked.stream().map(machine -> machine.id).toList());
        return locked.stream().map(machine -> new FreeMachine(machine, latest.get(machine.id)))
                .filter(machine -> !machine.latest().isLent()).toList();
    }

    /** The free machines that will be lent next, to any user. They are not locked. */
    public static List<Machine> next(Instant now, int count) {
        return Machine.<Machine>find("from Machine m where " + FREE + " order by m.id", Map.of("now", now))
                .range(0, count - 1).list();
    }

    /**
     * How many free machines are kept as spares, to replace lent machines that stop answering.
     *
     * @param percent the share of the enabled machines that the user may have, rounded up
     */
    static int spares(int percent, long userId) {
        return percent == 0 ? 0 : (int) Math.ceilDiv(countEnabled(MachineFilter.ofUser(userId)) * percent, 100);
    }

    /**
     * How many machines are free, including those that another transaction has locked. It reads every machine, so it is only
     * called when a request is refused or others wait.
     */
    static long count(Instant now, MachineFilter filter) {
        return count(now, filter.condition());
    }

    /** How many machines are free that the user may have and that the filter does not let through. */
    static long countOthers(Instant now, MachineFilter filter) {
        MachineFilter all = MachineFilter.ofUser(filter.userId());
        return filter.equals(all) ? 0 : count(now, all) - count(now, filter);
    }

    /** Tells whether any machine is free, for any user. */
    static boolean isAny(Instant now) {
        return !next(now, 1).isEmpty();
    }

    /** Locks those of the machines with these ids that are free and that no other transaction has locked. */
    static List<FreeMachine> lock(Instant now, Set<Long> among) {
        return lock(among.size(), free(now).and(HqlCondition.oneOf("m.id", "among", among)), Long.MIN_VALUE);
    }

    private static long count(Instant now, HqlCondition wanted) {
        return count(free(now).and(wanted));
    }

    /** How many machines the filter lets through that are lent when they are free and work. */
    static long countEnabled(MachineFilter filter) {
        return count(new HqlCondition("m.enabled = true", Map.of()).and(filter.condition()));
    }

    private static long count(HqlCondition condition) {
        return Machine.count("from Machine m where " + condition.hql(), condition.parameters());
    }

    /**
     * When this many more machines will be free, if no reservation is extended or released early.
     *
     * @return empty when fewer machines are lent
     */
    static Optional<Instant> nextFreeAt(int more, MachineFilter filter) {
        HqlCondition wanted = filter.condition();
        return wanted.bind(Reservation.getSession().createSelectionQuery("select r.reservedUntil from Reservation r"
                + " join r.machine m where r.dueAt is not null and r.state = ACTIVE and " + wanted.hql()
                + " order by r.dueAt", Instant.class))
                .setFirstResult(more - 1).setMaxResults(1).getResultStream().findFirst();
    }
}
