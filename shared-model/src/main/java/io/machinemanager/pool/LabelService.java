package io.machinemanager.pool;

import java.util.ArrayList;
import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;
import org.hibernate.query.SelectionQuery;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.group.MachineAccess;

/** Reads which labels are in use. The index {@code ix_machine_labels_value} has all that these queries read. */
@ApplicationScoped
public class LabelService {

    private static final int FETCH_SIZE = 1000;
    private static final String MACHINE_ID = "l.machineId";

    private static final String NAMES = "select distinct l.name from MachineLabel l where l.name > :name and %s"
            + " order by l.name";

    private static final String VALUES = "select new io.machinemanager.pool.LabelValueUse(l.name, l.value, count(*))"
            + " from MachineLabel l where l.name between :first and :last and %s group by l.name, l.value"
            + " order by l.name, l.value";

    private final ReadOnlyQueries queries;

    LabelService(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /**
     * Lists labels by name.
     *
     * @param access the machines that count
     * @param offset how many to skip
     * @param limit how many at most
     */
    public List<LabelUse> list(MachineAccess access, int offset, int limit) {
        HqlCondition condition = access.condition(MACHINE_ID);
        return queries.call(
                session -> page(session, condition, names(session, condition, "").setFirstResult(offset), limit));
    }

    /**
     * Lists labels by name, after a name.
     *
     * @param access the machines that count
     * @param limit how many at most
     */
    public List<LabelUse> after(MachineAccess access, String name, int limit) {
        HqlCondition condition = access.condition(MACHINE_ID);
        return queries.call(session -> page(session, condition, names(session, condition, name), limit));
    }

    /** Counts the names of labels of these machines. */
    public long count(MachineAccess access) {
        HqlCondition condition = access.condition(MACHINE_ID);
        return queries.call(session -> condition.bind(session.createSelectionQuery(
                "select count(distinct l.name) from MachineLabel l where " + condition.hql(), Long.class))
                .getSingleResult());
    }

    private static SelectionQuery<String> names(StatelessSession session, HqlCondition condition, String after) {
        return condition.bind(session.createSelectionQuery(NAMES.formatted(condition.hql()), String.class))
                .setParameter("name", after);
    }

    private static List<LabelUse> page(StatelessSession session, HqlCondition condition, SelectionQuery<String> query,
            int limit) {
        List<String> names = query.setMaxResults(limit).getResultList();
        List<LabelUse> found = new ArrayList<>();
        if (!names.isEmpty()) {
            condition.bind(session.createSelectionQuery(VALUES.formatted(condition.hql()), LabelValueUse.class))
                    .setParameter("first", names.getFirst())
                    .setParameter("last", names.getLast()).setFetchSize(FETCH_SIZE).getResultStream()
                    .forEach(value -> add(found, value));
        }
        return found;
    }

    private static void add(List<LabelUse> found, LabelValueUse value) {
        LabelUse last = found.isEmpty() ? null : found.getLast();
        if (last == null || !last.name().equals(value.name())) {
            found.add(new LabelUse(value.name(), new ArrayList<>(List.of(value)), 0));
        } else if (last.values().size() < LabelUse.MAX_VALUES) {
            last.values().add(value);
        } else {
            found.set(found.size() - 1, new LabelUse(last.name(), last.values(), last.moreValues() + 1));
        }
    }
}
