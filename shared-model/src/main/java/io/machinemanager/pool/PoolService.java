package io.machinemanager.pool;

import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.database.TimedResult;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.group.GroupConditions;
import io.machinemanager.group.MachineGroup;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineLabel;

/** Reads the machines together with their live reservations. {@link MachineService} changes them. */
@ApplicationScoped
public class PoolService {

    // Sorts after all names of machines, which are ASCII.
    private static final String AFTER_ALL_NAMES = "\u007f";

    // How many machines the driver fetches from the database at once.
    private static final int FETCH_SIZE = 1000;

    private static final String BLOCKS = "m.lastSeenAt, m.unavailableUntil, m.unavailableReason, m.pausedUntil,"
            + " m.pausedReason, m.unusableReason, m.duplicateReason, m.strayReason";

    private static final String POOLED = "select new io.machinemanager.pool.PooledMachine(m.name, m.host, m.port,"
            + " m.sshUser, %s, m.enabled, m.sharedHost, " + MachineLabel.AS_JSON + ", %s, " + BLOCKS
            + ", r.state, r.ownerName, r.reservedUntil, r.lastError, " + MachineGroup.NAMES + "), "
            + ReadOnlyQueries.NOW
            + " from Machine m left join Reservation r on r.liveMachineId = m.id where m.name %s :name and %s order by m.name";

    private static final String SUMMARIES = "select new io.machinemanager.pool.MachineSummary(m.name, m.enabled, r.state, "
            + BLOCKS + ", " + ReadOnlyQueries.NOW
            + ") from Machine m left join Reservation r on r.liveMachineId = m.id where %s order by m.name";

    private final ReadOnlyQueries queries;

    PoolService(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /**
     * Lists machines by name.
     *
     * @param wanted which machines; the others are left out
     * @param offset how many to skip
     * @param limit how many at most
     */
    public TimedResult<PooledMachine> list(MachineQuery wanted, int offset, int limit) {
        HqlCondition condition = wanted.condition();
        return queries.call(session -> {
            // finds the offset in the index alone: with the join, the database would sort all machines first
            String first = offset == 0
                    ? ""
                    : condition.bind(session.createSelectionQuery("select m.name from Machine m where "
                            + condition.hql() + " order by m.name", String.class))
                            .setFirstResult(offset).setMaxResults(1).getResultStream().findFirst()
                            .orElse(AFTER_ALL_NAMES);
            return page(session, condition, ">=", first, limit);
        });
    }

    /**
     * Lists machines by name, after a name.
     *
     * @param wanted which machines; the others are left out
     * @param name a name, of a machine or not
     * @param limit how many at most
     */
    public TimedResult<PooledMachine> after(MachineQuery wanted, String name, int limit) {
        return queries.call(session -> page(session, wanted.condition(), ">", name, limit));
    }

    private static TimedResult<PooledMachine> page(StatelessSession session, HqlCondition condition,
            String operator, String name, int limit) {
        return ReadOnlyQueries.snapshot(session, condition.bind(session.createSelectionQuery(
                POOLED.formatted("cast(null as String)", "cast(null as String), cast(null as Instant)", operator,
                        condition.hql()),
                Object[].class))
                .setParameter("name", name).setMaxResults(limit), PooledMachine.class);
    }

    /**
     * Gives a summary of each machine to a consumer, by name, from one query, without loading all of them into memory.
     *
     * @param wanted which machines; the others are left out
     * @param consumer must not block
     */
    public void forEachSummary(MachineQuery wanted, Consumer<MachineSummary> consumer) {
        HqlCondition condition = wanted.condition();
        queries.call(session -> {
            condition.bind(session.createSelectionQuery(SUMMARIES.formatted(condition.hql()), MachineSummary.class))
                    .setFetchSize(FETCH_SIZE).getResultStream().forEach(consumer);
            return null;
        });
    }

    /**
     * Counts the machines.
     *
     * @param wanted which machines
     */
    public long count(MachineQuery wanted) {
        HqlCondition condition = wanted.condition();
        return queries.call(session -> condition.bind(session.createSelectionQuery(
                "select count(*) from Machine m where " + condition.hql(), Long.class)).getSingleResult());
    }

    /**
     * Reads one machine, with its host keys.
     *
     * @throws NotFoundException when there is no machine with this name
     */
    public TimedResult<PooledMachine> only(String name) {
        return only(HqlCondition.TRUE, name);
    }

    /**
     * Reads one machine that a user may see, with its host keys.
     *
     * @throws NotFoundException when there is no machine with this name, or it is for groups that the user is not in
     */
    public TimedResult<PooledMachine> onlyFor(long userId, String name) {
        return only(GroupConditions.usableBy("m.id", userId), name);
    }

    private TimedResult<PooledMachine> only(HqlCondition condition, String name) {
        TimedResult<PooledMachine> found = queries.call(session -> ReadOnlyQueries.snapshot(session,
                condition.bind(session
                        .createSelectionQuery(
                                POOLED.formatted("m.hostKeys", "m.facts, m.factsAt", "=", condition.hql()),
                                Object[].class))
                        .setParameter("name", name),
                PooledMachine.class));
        if (found.rows().isEmpty()) {
            throw Machine.notFound(name);
        }
        return found;
    }
}
