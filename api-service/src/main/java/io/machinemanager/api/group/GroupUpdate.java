package io.machinemanager.api.group;

import java.util.List;

import io.machinemanager.api.input.FieldCheck;

/**
 * A change of a group; a field that is left out stays as it is.
 *
 * @param maxMachines how many machines a member may have at once; 0 for no limit
 * @param maxMinutes for how many minutes a member may have a machine, extensions included; 0 for no limit
 * @param maxQueued how many requests of a member may wait at once; 0 for no limit
 * @param priority 0 to 100; requests of a higher priority are served first
 * @param mayBookDaysAhead how many days ahead a member may book; 0 for none
 */
public record GroupUpdate(Integer maxMachines, Integer maxMinutes, Integer maxQueued, Integer priority,
        Integer mayBookDaysAhead) implements GroupLimits {

    void check() {
        checkGiven(new FieldCheck().anyOf(
                List.of("max_machines", "max_minutes", "max_queued", "priority", "may_book_days_ahead"), maxMachines,
                maxMinutes, maxQueued, priority, mayBookDaysAhead)).orThrow();
    }
}
