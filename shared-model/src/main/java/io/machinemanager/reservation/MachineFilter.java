package io.machinemanager.reservation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.machinemanager.group.GroupCondition;
import io.machinemanager.selector.Selector;
import io.machinemanager.selector.SelectorCondition;

/**
 * Which machines a request may get.
 *
 * @param selector the labels that they must have
 * @param names their names; empty for any
 * @param userId the user who is to have them: machines for groups are for their members only
 * @param excluded the ids of machines that it may not get, such as those that it has tried before
 */
record MachineFilter(Selector selector, List<String> names, long userId, Set<Long> excluded) {

    /** Every machine that a user may have. */
    static MachineFilter ofUser(long userId) {
        return new MachineFilter(Selector.ALL, List.of(), userId, Set.of());
    }

    static MachineFilter of(Request request) {
        return of(request.selector, request.names(), request.ownerId);
    }

    static MachineFilter of(String selector, List<String> names, long userId) {
        return new MachineFilter(selector == null ? Selector.ALL : Selector.parse(selector), names, userId, Set.of());
    }

    /** The same without these machines too. */
    MachineFilter without(Set<Long> machines) {
        Set<Long> all = new HashSet<>(excluded);
        all.addAll(machines);
        return new MachineFilter(selector, names, userId, all);
    }

    /** The condition for the machines with these ids, whoever may have them. */
    static Condition amongAll(Set<Long> machines) {
        return new Condition(" and m.id in :among", Map.of("among", machines));
    }

    /** The condition for a machine {@code m} in HQL. */
    Condition condition() {
        SelectorCondition labels = selector.condition("m.id");
        GroupCondition usable = GroupCondition.usableBy("m.id", userId);
        StringBuilder hql = new StringBuilder(labels.hql()).append(" and ").append(usable.hql());
        Map<String, Object> parameters = new HashMap<>(labels.parameters());
        parameters.putAll(usable.parameters());
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
