package io.machinemanager.reservation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.machinemanager.selector.Selector;
import io.machinemanager.selector.SelectorCondition;

/**
 * Which machines a request may get.
 *
 * @param selector the labels that they must have
 * @param names their names; empty for any
 * @param excluded the ids of machines that it may not get, such as those that it has tried before
 */
record MachineFilter(Selector selector, List<String> names, Set<Long> excluded) {

    /** Every machine. */
    static final MachineFilter ALL = new MachineFilter(Selector.ALL, List.of(), Set.of());

    static MachineFilter of(RequestOptions options) {
        return of(options.selector(), options.machines());
    }

    static MachineFilter of(Request request) {
        return of(request.selector, request.names());
    }

    static MachineFilter of(String selector, List<String> names) {
        return new MachineFilter(selector == null ? Selector.ALL : Selector.parse(selector), names, Set.of());
    }

    /** The same without these machines. */
    MachineFilter without(Set<Long> machines) {
        return new MachineFilter(selector, names, machines);
    }

    /** The same among these machines only. */
    Condition among(Set<Long> machines) {
        Condition condition = condition();
        Map<String, Object> parameters = new HashMap<>(condition.parameters());
        parameters.put("among", machines);
        return new Condition(condition.hql() + " and m.id in :among", parameters);
    }

    /** The condition for a machine {@code m} in HQL. */
    Condition condition() {
        SelectorCondition labels = selector.condition("m.id");
        StringBuilder hql = new StringBuilder(labels.hql());
        Map<String, Object> parameters = new HashMap<>(labels.parameters());
        if (!names.isEmpty()) {
            hql.append(" and m.name in :names");
            parameters.put("names", names);
        }
        if (!excluded.isEmpty()) {
            hql.append(" and m.id not in :excluded");
            parameters.put("excluded", excluded);
        }
        return new Condition(hql.toString(), parameters);
    }

    /**
     * A condition on a machine {@code m}.
     *
     * @param hql empty, or begins with {@code and}
     * @param parameters the values of its named parameters
     */
    record Condition(String hql, Map<String, Object> parameters) {

        /** The parameters and one more. */
        Map<String, Object> with(String name, Object value) {
            Map<String, Object> all = new HashMap<>(parameters);
            all.put(name, value);
            return all;
        }
    }
}
