package io.machinemanager.api.group;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.group.GroupDetails;
import io.machinemanager.group.UserGroup;

/**
 * A group.
 *
 * @param name its name
 * @param maxMachines how many machines a member may have at once; 0 for no limit
 * @param maxMinutes for how many minutes a member may have a machine, extensions included; 0 for no limit
 * @param maxQueued how many requests of a member may wait at once; 0 for no limit
 * @param priority 0 to 100; requests of a higher priority are served first
 * @param mayBookDaysAhead how many days ahead a member may book; 0 for none
 * @param createdAt when it was created
 * @param members the names of its members, sorted; only when one group is shown
 * @param machines the names of the machines that are for it, sorted; only when one group is shown
 */
public record GroupView(String name, int maxMachines, int maxMinutes, int maxQueued, int priority, int mayBookDaysAhead,
        Instant createdAt, @JsonInclude(Include.NON_NULL) List<String> members,
        @JsonInclude(Include.NON_NULL) List<String> machines) {

    static List<GroupView> of(List<UserGroup> groups) {
        return groups.stream().map(group -> of(group, null, null)).toList();
    }

    static GroupView of(GroupDetails details) {
        return of(details.group(), details.members(), details.machines());
    }

    private static GroupView of(UserGroup group, List<String> members, List<String> machines) {
        return new GroupView(group.name, group.maxMachines, group.maxMinutes, group.maxQueued, group.priority,
                group.mayBookDaysAhead, group.createdAt, members, machines);
    }
}
