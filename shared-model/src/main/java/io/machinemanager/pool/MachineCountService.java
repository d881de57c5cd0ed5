package io.machinemanager.pool;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;

import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.reservation.FreeMachines;
import io.machinemanager.reservation.ReservationState;

/** Counts the machines of the pool. Each call reads all machines. */
@ApplicationScoped
public class MachineCountService {

    /** So many values of a label are counted, those that most machines have. */
    public static final int MOST_VALUES = 20;
    /** All values that are not counted by themselves. */
    public static final String OTHER = "other";

    private static final String STATE = "r.state, m.enabled, case when " + FreeMachines.WORKING
            + " then false else true end, count(*)";
    private static final String GROUPED = " left join Reservation r on r.liveMachineId = m.id";
    private static final String BY_STATE = "select " + STATE + " from Machine m" + GROUPED + " group by 1, 2, 3";
    private static final String VALUES = "select l.value from MachineLabel l where l.name = :label group by l.value"
            + " order by count(*) desc, l.value";
    private static final String BY_VALUE = "select " + STATE + ", case when l.value in :values then l.value else '"
            + OTHER + "' end from MachineLabel l join Machine m on m.id = l.machineId" + GROUPED
            + " where l.name = :label group by 1, 2, 3, 5";

    private final ReadOnlyQueries queries;

    MachineCountService(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /** Counts all machines by state; states without any are omitted. */
    public Map<MachineState, Long> byState() {
        Map<MachineState, Long> counts = new EnumMap<>(MachineState.class);
        queries.call(session -> session.createSelectionQuery(BY_STATE, Object[].class)
                .setParameter("now", ReadOnlyQueries.now(session)).getResultList()).forEach(row -> add(counts, row));
        return counts;
    }

    /** Counts the machines that have a label by its value and their state; one of the counts may be for all other values. */
    public List<MachineCounts> byValue(String label) {
        Map<String, Map<MachineState, Long>> counts = new TreeMap<>();
        queries.call(session -> rows(session, label)).forEach(
                row -> add(counts.computeIfAbsent((String) row[4], value -> new EnumMap<>(MachineState.class)), row));
        return counts.entrySet().stream().map(of -> new MachineCounts(label, of.getKey(), of.getValue())).toList();
    }

    private static List<Object[]> rows(StatelessSession session, String label) {
        List<String> values = session.createSelectionQuery(VALUES, String.class).setParameter("label", label)
                .setMaxResults(MOST_VALUES).getResultList();
        return values.isEmpty()
                ? List.of()
                : session.createSelectionQuery(BY_VALUE, Object[].class).setParameter("label", label)
                        .setParameterList("values", values).setParameter("now", ReadOnlyQueries.now(session))
                        .getResultList();
    }

    private static void add(Map<MachineState, Long> counts, Object[] row) {
        counts.merge(MachineState.of((ReservationState) row[0], (boolean) row[1], (boolean) row[2]), (long) row[3],
                Long::sum);
    }
}
