package io.machinemanager.pool;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.selector.Selector;

/**
 * Which machines to list.
 *
 * @param selector the labels that they must have
 * @param access the machines that the caller may see
 */
public record MachineQuery(Selector selector, MachineAccess access) {

    /** All machines. */
    public static final MachineQuery ALL = new MachineQuery(Selector.ALL, MachineAccess.ALL);

    /** The condition for a machine {@code m}. */
    HqlCondition condition() {
        return access.condition("m.id").and(selector.condition("m.id"));
    }
}
