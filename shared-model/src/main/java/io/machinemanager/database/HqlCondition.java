package io.machinemanager.database;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import org.hibernate.query.CommonQueryContract;

/**
 * A condition for an HQL query. Its parameters are named, so the query's own have to be named too.
 *
 * <pre>
 * var condition = selector.condition("m.id");
 * var query = session.createSelectionQuery("from Machine m where m.enabled = true and " + condition.hql(), Machine.class);
 * condition.bind(query).getResultList();
 * </pre>
 *
 * @param hql begins without {@code and}, and may stand behind one: an {@code or} in it is in parentheses
 * @param parameters the values of its parameters, by name; none is null
 */
public record HqlCondition(String hql, Map<String, Object> parameters) {

    /** True for each row. */
    public static final HqlCondition TRUE = new HqlCondition("1 = 1", Map.of());

    /** Copies the map. */
    public HqlCondition {
        parameters = Map.copyOf(parameters);
    }

    /** A condition with one parameter. */
    public static HqlCondition of(String hql, String name, Object value) {
        return new HqlCondition(hql, Map.of(name, value));
    }

    /** A condition with one parameter; {@link #TRUE} when its value is null, which stands for any. */
    public static HqlCondition unlessNull(String hql, String name, Object value) {
        return value == null ? TRUE : of(hql, name, value);
    }

    /**
     * True for the rows whose value is one of these. A single one is compared, since Hibernate translates a query with a list
     * to SQL anew at each call, which takes longer than a short query.
     *
     * @param path what is compared, such as {@code m.id}
     * @param values at least one
     */
    public static HqlCondition oneOf(String path, String name, Collection<Long> values) {
        return values.size() == 1
                ? of(path + " = :" + name, name, values.iterator().next())
                : of(path + " in :" + name, name, values);
    }

    /** True for the rows for which both are. The names of their parameters must differ. */
    public HqlCondition and(HqlCondition other) {
        if (equals(TRUE)) {
            return other;
        }
        return other.equals(TRUE) ? this : joined(hql + " and " + other.hql, other);
    }

    /** True for the rows for which at least one of them is. The names of their parameters must differ. */
    public HqlCondition or(HqlCondition other) {
        return joined("(" + hql + " or " + other.hql + ")", other);
    }

    private HqlCondition joined(String both, HqlCondition other) {
        Map<String, Object> all = new HashMap<>(parameters);
        other.parameters.forEach((name, value) -> {
            if (all.put(name, value) != null) {
                throw new IllegalArgumentException("two parameters are named " + name);
            }
        });
        return new HqlCondition(both, all);
    }

    /** Sets the parameters of a query that contains {@link #hql}, and returns the query. */
    public <Q extends CommonQueryContract> Q bind(Q query) {
        parameters.forEach(query::setParameter);
        return query;
    }
}
