package io.machinemanager.group;

import java.util.Map;
import java.util.Set;

/**
 * A condition on machines for an HQL query, to be put behind {@code and}. Its parameters are named, so the query's own have
 * to be named too.
 *
 * @param hql the condition
 * @param parameters the values of its parameters, by name
 */
public record GroupCondition(String hql, Map<String, Object> parameters) {

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

    /** True for each machine. */
    public static GroupCondition any() {
        return new GroupCondition("1 = 1", Map.of());
    }

    /**
     * True for the machines that a user may reserve and see: those for everyone, and those for a group that the user is in.
     * Whether the user is an admin does not count.
     *
     * @param machineIdPath the machine's id in the query, such as {@code m.id}
     */
    public static GroupCondition usableBy(String machineIdPath, long userId) {
        return new GroupCondition(FOR_USER.formatted(machineIdPath), Map.of("machineUser", userId));
    }

    /**
     * True for the machines that a user in exactly these groups may reserve and see.
     *
     * @param machineIdPath the machine's id in the query, such as {@code m.id}
     */
    static GroupCondition openTo(String machineIdPath, Set<Long> groupIds) {
        return groupIds.isEmpty()
                ? new GroupCondition(FOR_EVERYONE.formatted(machineIdPath), Map.of())
                : new GroupCondition(FOR_GROUPS.formatted(machineIdPath), Map.of("machineGroups", groupIds));
    }
}
