package io.machinemanager.group;

import java.util.Set;

import io.machinemanager.database.HqlCondition;

/**
 * Which machines a user may see. Users who may see the same have equal values.
 *
 * @param all whether all machines, because the user is an admin or no machine is for groups only
 * @param groupIds otherwise the ids of the user's groups: the user sees the machines for everyone and those for these groups
 */
public record MachineAccess(boolean all, Set<Long> groupIds) {

    /** All machines. */
    public static final MachineAccess ALL = new MachineAccess(true, Set.of());

    /**
     * The condition for these machines.
     *
     * @param machineIdPath the machine's id in the query, such as {@code m.id}
     */
    public HqlCondition condition(String machineIdPath) {
        return all ? HqlCondition.TRUE : GroupConditions.openTo(machineIdPath, groupIds);
    }
}
