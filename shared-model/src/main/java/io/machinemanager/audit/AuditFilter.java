package io.machinemanager.audit;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A filter for entries. An empty value matches all.
 *
 * @param actor the user
 * @param address the client's address
 * @param action the action
 * @param target what the action changed
 * @param outcome the outcome
 * @param since the earliest time
 * @param until the end of the time, exclusive
 * @param before the id that all entries are below
 */
public record AuditFilter(Optional<String> actor, Optional<String> address, Optional<AuditAction> action,
        Optional<String> target, Optional<AuditOutcome> outcome, Optional<Instant> since, Optional<Instant> until,
        Optional<Long> before) {

    /** The conditions of a query, each with a placeholder {@code %s} for the name of its parameter. */
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
