package io.machinemanager.reservation;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.group.GroupConditions;
import io.machinemanager.selector.Selector;

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

    /** The condition for a machine {@code m}. */
    HqlCondition condition() {
        HqlCondition named = names.isEmpty() ? HqlCondition.TRUE : HqlCondition.of("m.name in :names", "names", names);
        return selector.condition("m.id").and(GroupConditions.usableBy("m.id", userId)).and(named)
                .and(excluded.isEmpty()
                        ? HqlCondition.TRUE
                        : HqlCondition.of("m.id not in :excluded", "excluded", excluded));
    }
}
