package io.machinemanager.group;

import java.util.List;

/**
 * A group with its members and machines.
 *
 * @param group the row
 * @param members the names of its members, sorted
 * @param machines the names of the machines that are for it, sorted
 */
public record GroupDetails(UserGroup group, List<String> members, List<String> machines) {

    static GroupDetails of(UserGroup group) {
        return new GroupDetails(group, GroupMember.namesIn(group), MachineGroup.machinesOf(group));
    }
}
