package io.machinemanager.group;

import java.util.Map;
import java.util.Set;

import io.machinemanager.database.HqlCondition;

/** Conditions for the machines that a user may reserve and see. */
public final class GroupConditions {

    // The largest of no rows is null, so that a machine without groups is for everyone. These are not conditions with EXISTS,
    // for which MariaDB may read the groups of all machines first.
    private static final String FOR_EVERYONE = "(select count(*) from MachineGroup groupOfMachine"
            + " where groupOfMachine.machineId = %s) = 0";

    private static final String FOR_GROUPS = "(select coalesce(max("
            + "case when groupOfMachine.groupId in :machineGroups then 1 else 0 end), 1)"
            + " from MachineGroup groupOfMachine where groupOfMachine.machineId = %s) = 1";

    private static final String FOR_USER = "(select coalesce(max("
            + "case when memberOfGroup.id is not null then 1 else 0 end), 1) from MachineGroup groupOfMachine"
            + " left join GroupMember memberOfGroup on memberOfGroup.groupId = groupOfMachine.groupId"
            + " and memberOfGroup.userId = :machineUser where groupOfMachine.machineId = %s) = 1";

    private GroupConditions() {
    }

    /**
     * True for the machines that a user may reserve and see: those for everyone, and those for a group that the user is in.
     * Whether the user is an admin does not count.
     *
     * @param machineIdPath the machine's id in the query, such as {@code m.id}
     */
    public static HqlCondition usableBy(String machineIdPath, long userId) {
        return HqlCondition.of(FOR_USER.formatted(machineIdPath), "machineUser", userId);
    }

    /**
     * True for the machines that a user in exactly these groups may reserve and see.
     *
     * @param machineIdPath the machine's id in the query, such as {@code m.id}
     */
    static HqlCondition openTo(String machineIdPath, Set<Long> groupIds) {
        return groupIds.isEmpty()
                ? new HqlCondition(FOR_EVERYONE.formatted(machineIdPath), Map.of())
                : HqlCondition.of(FOR_GROUPS.formatted(machineIdPath), "machineGroups", groupIds);
    }
}
