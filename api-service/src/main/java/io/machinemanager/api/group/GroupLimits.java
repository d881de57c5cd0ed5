package io.machinemanager.api.group;

import java.util.Optional;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.group.GroupChange;

/** The fields with which a group is created and changed alike, and their rules. */
sealed interface GroupLimits permits GroupCreation, GroupUpdate {

    Integer maxMachines();

    Integer maxMinutes();

    Integer maxQueued();

    Integer priority();

    Integer mayBookDaysAhead();

    /** Checks the fields that are given. */
    default FieldCheck checkGiven(FieldCheck check) {
        return check.optional("max_machines", maxMachines(), value -> limit("max_machines", value))
                .optional("max_minutes", maxMinutes(), value -> limit("max_minutes", value))
                .optional("max_queued", maxQueued(), value -> limit("max_queued", value))
                .optional("priority", priority(), GroupChange::problemWithPriority)
                .optional("may_book_days_ahead", mayBookDaysAhead(), GroupChange::problemWithDaysAhead);
    }

    private static Optional<String> limit(String field, int value) {
        return GroupChange.problemWithLimit(field, value);
    }

    default GroupChange toChange() {
        return new GroupChange(maxMachines(), maxMinutes(), maxQueued(), priority(), mayBookDaysAhead());
    }
}
