package io.machinemanager.api.audit;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditFilter;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.error.InvalidRequestException;

/** Reads a filter of the audit log from a query. */
final class AuditQuery {

    private final QueryParameters query;

    private AuditQuery(QueryParameters query) {
        this.query = query;
    }

    static AuditFilter of(QueryParameters query) {
        AuditQuery audit = new AuditQuery(query);
        return new AuditFilter(query.text("actor"), query.text("address"),
                query.oneOf("action", EnumSet.allOf(AuditAction.class)),
                query.text("target"), query.oneOf("outcome", EnumSet.allOf(AuditOutcome.class)), audit.time("since"),
                audit.time("until"), query.id("before"));
    }

    private Optional<Instant> time(String name) {
        return query.text(name).map(text -> {
            try {
                return Instant.parse(text);
            } catch (DateTimeParseException e) {
                throw new InvalidRequestException(
                        "The parameter %s must be a time such as 2030-01-31T12:00:00Z.".formatted(name), List.of(name));
            }
        });
    }
}
