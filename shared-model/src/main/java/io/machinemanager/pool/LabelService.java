package io.machinemanager.pool;

import java.util.ArrayList;
import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;
import org.hibernate.query.SelectionQuery;

import io.machinemanager.database.ReadOnlyQueries;

/** Reads which labels are in use. The index {@code ix_machine_labels_value} has all that these queries read. */
@ApplicationScoped
public class LabelService {

    private static final int FETCH_SIZE = 1000;

    private static final String NAMES = "select distinct l.name from MachineLabel l where l.name > :name order by l.name";

    private static final String VALUES = "select new io.machinemanager.pool.LabelValueUse(l.name, l.value, count(*))"
            + " from MachineLabel l where l.name between :first and :last group by l.name, l.value"
            + " order by l.name, l.value";

    private final ReadOnlyQueries queries;

    LabelService(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /**
     * Lists labels by name.
     *
     * @param offset how many to skip
     * @param limit how many at most
     */
    public List<LabelUse> list(int offset, int limit) {
        return queries.call(session -> page(session, names(session, "").setFirstResult(offset), limit));
    }

    /**
     * Lists labels by name, after a name.
     *
     * @param limit how many at most
     */
    public List<LabelUse> after(String name, int limit) {
        return queries.call(session -> page(session, names(session, name), limit));
    }

    /** Counts the names of labels. */
    public long count() {
        return queries.call(session -> session
                .createSelectionQuery("select count(distinct l.name) from MachineLabel l", Long.class)
                .getSingleResult());
    }

    private static SelectionQuery<String> names(StatelessSession session, String after) {
        return session.createSelectionQuery(NAMES, String.class).setParameter("name", after);
    }

    private static List<LabelUse> page(StatelessSession session, SelectionQuery<String> query, int limit) {
        List<String> names = query.setMaxResults(limit).getResultList();
        List<LabelUse> found = new ArrayList<>();
        if (!names.isEmpty()) {
            session.createSelectionQuery(VALUES, LabelValueUse.class).setParameter("first", names.getFirst())
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
