package io.machinemanager.pool;

import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;
import org.hibernate.query.SelectionQuery;

import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.database.TimedResult;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineLabel;
import io.machinemanager.selector.Selector;
import io.machinemanager.selector.SelectorCondition;

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
            + " m.sshUser, %s, m.enabled, m.sharedHost, " + MachineLabel.AS_JSON + ", " + BLOCKS
            + ", r.state, r.ownerName, r.reservedUntil, r.lastError), " + ReadOnlyQueries.NOW
            + " from Machine m left join Reservation r on r.liveMachineId = m.id where m.name %s :name";

    private static final String SUMMARIES = "select new io.machinemanager.pool.MachineSummary(m.name, m.enabled, r.state, "
            + BLOCKS + ", " + ReadOnlyQueries.NOW
            + ") from Machine m left join Reservation r on r.liveMachineId = m.id where 1 = 1";

    private final ReadOnlyQueries queries;

    PoolService(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /**
     * Lists machines by name.
     *
     * @param selector which machines
     * @param offset how many to skip
     * @param limit how many at most
     */
    public TimedResult<PooledMachine> list(Selector selector, int offset, int limit) {
        SelectorCondition condition = selector.condition("m.id");
        return queries.call(session -> {
            // finds the offset in the index alone: with the join, the database would sort all machines first
            String first = offset == 0
                    ? ""
                    : select(session, "select m.name from Machine m where 1 = 1", condition, " order by m.name",
                            String.class).setFirstResult(offset).setMaxResults(1).getResultStream().findFirst()
                            .orElse(AFTER_ALL_NAMES);
            return page(session, condition, ">=", first, limit);
        });
    }

    /**
     * Lists machines by name, after a name.
     *
     * @param selector which machines
     * @param name a name, of a machine or not
     * @param limit how many at most
     */
    public TimedResult<PooledMachine> after(Selector selector, String name, int limit) {
        return queries.call(session -> page(session, selector.condition("m.id"), ">", name, limit));
    }

    private static TimedResult<PooledMachine> page(StatelessSession session, SelectorCondition condition,
            String operator, String name, int limit) {
        return ReadOnlyQueries.snapshot(session,
                select(session, POOLED.formatted("cast(null as String)", operator), condition, " order by m.name",
                        Object[].class).setParameter("name", name).setMaxResults(limit),
                PooledMachine.class);
    }

    private static <T> SelectionQuery<T> select(StatelessSession session, String query, SelectorCondition condition,
            String end, Class<T> type) {
        SelectionQuery<T> selection = session.createSelectionQuery(query + condition.hql() + end, type);
        condition.parameters().forEach(selection::setParameter);
        return selection;
    }

    /**
     * Gives a summary of each machine to a consumer, by name, from one query, without loading all of them into memory.
     *
     * @param selector which machines
     * @param consumer must not block
     */
    public void forEachSummary(Selector selector, Consumer<MachineSummary> consumer) {
        queries.call(session -> {
            select(session, SUMMARIES, selector.condition("m.id"), " order by m.name", MachineSummary.class)
                    .setFetchSize(FETCH_SIZE).getResultStream().forEach(consumer);
            return null;
        });
    }

    /** Counts the machines that a selector selects. */
    public long count(Selector selector) {
        return queries.call(session -> select(session, "select count(*) from Machine m where 1 = 1",
                selector.condition("m.id"), "", Long.class).getSingleResult());
    }

    /**
     * Reads one machine, with its host keys.
     *
     * @throws NotFoundException when there is no machine with this name
     */
    public TimedResult<PooledMachine> only(String name) {
        TimedResult<PooledMachine> found = queries.call(session -> ReadOnlyQueries.snapshot(session, session
                .createSelectionQuery(POOLED.formatted("m.hostKeys", "="), Object[].class).setParameter("name", name),
                PooledMachine.class));
        if (found.rows().isEmpty()) {
            throw Machine.notFound(name);
        }
        return found;
    }
}
