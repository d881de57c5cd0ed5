package io.machinemanager.pool;

import java.util.HashMap;
import java.util.Map;

import io.machinemanager.group.GroupCondition;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.selector.Selector;
import io.machinemanager.selector.SelectorCondition;

/**
 * Which machines to list.
 *
 * @param selector the labels that they must have
 * @param access the machines that the caller may see
 */
public record MachineQuery(Selector selector, MachineAccess access) {

    /** All machines. */
    public static final MachineQuery ALL = new MachineQuery(Selector.ALL, MachineAccess.ALL);

    /**
     * A condition on a machine {@code m} in HQL.
     *
     * @param hql to be put behind {@code where}
     * @param parameters the values of its named parameters
     */
    record Condition(String hql, Map<String, Object> parameters) {
    }

    Condition condition() {
        return condition(selector, access.condition("m.id"));
    }

    static Condition condition(Selector selector, GroupCondition groups) {
        SelectorCondition labels = selector.condition("m.id");
        Map<String, Object> parameters = new HashMap<>(labels.parameters());
        parameters.putAll(groups.parameters());
        return new Condition(groups.hql() + labels.hql(), parameters);
    }
}
