package io.machinemanager.api.group;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.group.GroupName;

/**
 * A group to be created. A limit that is left out is that of users without a group, as the settings are now.
 *
 * @param name its name
 * @param maxMachines how many machines a member may have at once; 0 for no limit
 * @param maxMinutes for how many minutes a member may have a machine, extensions included; 0 for no limit
 * @param maxQueued how many requests of a member may wait at once; 0 for no limit
 * @param priority 0 to 100, 0 when it is left out; requests of a higher priority are served first
 * @param mayBookDaysAhead how many days ahead a member may book; 0 for none, also when it is left out
 */
public record GroupCreation(String name, Integer maxMachines, Integer maxMinutes, Integer maxQueued, Integer priority,
        Integer mayBookDaysAhead) implements GroupLimits {

    void check() {
        checkGiven(new FieldCheck().required("name", name, GroupName::problemWith)).orThrow();
    }
}
