package io.machinemanager.reservation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import io.machinemanager.database.SkipLocked;
import io.machinemanager.group.GroupCondition;
import io.machinemanager.machine.Machine;

/**
 * Finds the machines that may be lent now: enabled, with a log-in that worked, nothing that blocks them, and no live
 * reservation. A user gets only machines for everyone, and those for a group that the user is in.
 */
public final class FreeMachines {

    private static final String FREE = "from Machine m where m.enabled = true"
            + " and m.lastSeenAt is not null and m.unusableReason is null and m.duplicateReason is null"
            + " and (m.unavailableUntil is null or m.unavailableUntil <= :now)"
            + " and (m.pausedUntil is null or m.pausedUntil <= :now) and m.strayReason is null"
            + " and not exists (select 1 from Reservation r where r.liveMachineId = m.id)";

    private FreeMachines() {
    }

    /**
     * Locks free machines until the end of the transaction, skipping those that another transaction has locked. They are
     * read in the order of the primary key, so that the database reads and locks no more rows than needed.
     *
     * @param userId the user who may reserve the machines
     * @param excluded ids of machines to skip too
     */
    static List<Machine> lock(Instant now, int count, Set<Long> excluded, long userId) {
        GroupCondition usable = GroupCondition.usableBy("m.id", userId);
        String query = FREE + " and " + usable.hql() + " and m.id > :last"
                + (excluded.isEmpty() ? "" : " and m.id not in :excluded") + " order by m.id";
        List<Machine> free = new ArrayList<>();
        long last = Long.MIN_VALUE;
        while (free.size() < count) {
            Map<String, Object> values = values(now, usable);
            values.put("last", last);
            if (!excluded.isEmpty()) {
                values.put("excluded", excluded);
            }
            List<Machine> locked = SkipLocked.first(Machine.find(query, values), count - free.size());
            if (locked.isEmpty()) {
                break;
            }
            last = locked.getLast().id;
            Set<Long> lent = lent(locked);
            locked.stream().filter(machine -> !lent.contains(machine.id)).forEach(free::add);
        }
        return free;
    }

    private static Map<String, Object> values(Instant now, GroupCondition usable) {
        Map<String, Object> values = new HashMap<>(usable.parameters());
        values.put("now", now);
        return values;
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

    /** The free machines that will be lent next, whoever may reserve them. They are not locked. */
    public static List<Machine> next(Instant now, int count) {
        return Machine.<Machine>find(FREE + " order by m.id", values(now, GroupCondition.any())).range(0, count - 1)
                .list();
    }

    /**
     * How many free machines are kept as spares, to replace lent machines that stop answering.
     *
     * @param percent the share of the enabled machines that the user may reserve, rounded up
     */
    static int spares(int percent, long userId) {
        if (percent == 0) {
            return 0;
        }
        return (int) Math.ceilDiv(countEnabled(Set.of(), userId) * percent, 100);
    }

    /** How many enabled machines a user may reserve, without those with these ids. */
    static long countEnabled(Set<Long> excluded, long userId) {
        GroupCondition usable = GroupCondition.usableBy("m.id", userId);
        Map<String, Object> values = new HashMap<>(usable.parameters());
        String others = "";
        if (!excluded.isEmpty()) {
            others = " and m.id not in :excluded";
            values.put("excluded", excluded);
        }
        return Machine.count("from Machine m where m.enabled = true and " + usable.hql() + others, values);
    }

    /**
     * How many machines are free for a user, including those that another transaction has locked. It reads every machine, so
     * only refused requests call it.
     */
    static long count(Instant now, long userId) {
        GroupCondition usable = GroupCondition.usableBy("m.id", userId);
        return Machine.count(FREE + " and " + usable.hql(), values(now, usable));
    }

    /** How many of the machines with these ids are free for a user. */
    static long count(Instant now, Set<Long> among, long userId) {
        if (among.isEmpty()) {
            return 0;
        }
        GroupCondition usable = GroupCondition.usableBy("m.id", userId);
        Map<String, Object> values = values(now, usable);
        values.put("among", among);
        return Machine.count(FREE + " and " + usable.hql() + " and m.id in :among", values);
    }

    /**
     * When this many more machines will be free for a user, if no reservation is extended or released early.
     *
     * @return empty when fewer machines are lent
     */
    static Optional<Instant> nextFreeAt(int more, long userId) {
        GroupCondition usable = GroupCondition.usableBy("r.liveMachineId", userId);
        return Reservation.<Reservation>find("from Reservation r where r.dueAt is not null and r.state = ACTIVE and "
                + usable.hql() + " order by r.dueAt", usable.parameters()).range(more - 1, more - 1)
                .firstResultOptional().map(reservation -> reservation.reservedUntil);
    }
}
