package io.machinemanager.audit;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which entries are wanted; what is left out does not matter.
 *
 * @param actor who did it
 * @param address from where
 * @param action what was done
 * @param target what it was done to
 * @param outcome how it went
 * @param since the earliest time
 * @param until the time before which it was
 * @param before the id of the entry before which it was written
 */
public record AuditFilter(Optional<String> actor, Optional<String> address, Optional<AuditAction> action,
        Optional<String> target, Optional<AuditOutcome> outcome, Optional<Instant> since, Optional<Instant> until,
        Optional<Long> before) {

    /** Conditions of a query, each with a place for its value. */
    Map<String, Object> conditions() {
        Map<String, Object> conditions = new LinkedHashMap<>();
        actor.ifPresent(value -> conditions.put("actor = %s", value));
        address.ifPresent(value -> conditions.put("address = %s", value));
        action.ifPresent(value -> conditions.put("action = %s", value));
        target.ifPresent(value -> conditions.put("target = %s", value));
        outcome.ifPresent(value -> conditions.put("outcome = %s", value));
        since.ifPresent(value -> conditions.put("happenedAt >= %s", value));
        until.ifPresent(value -> conditions.put("happenedAt < %s", value));
        before.ifPresent(value -> conditions.put("id < %s", value));
        return conditions;
    }
}
