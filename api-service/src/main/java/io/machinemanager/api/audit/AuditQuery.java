package io.machinemanager.api.audit;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditFilter;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.error.InvalidRequestException;

/** Reads which entries are wanted from a query. */
final class AuditQuery {

    private final QueryParameters query;

    private AuditQuery(QueryParameters query) {
        this.query = query;
    }

    static AuditFilter of(QueryParameters query) {
        AuditQuery audit = new AuditQuery(query);
        return new AuditFilter(query.text("actor"), query.text("address"), audit.oneOf(AuditAction.class, "action"),
                query.text("target"), audit.oneOf(AuditOutcome.class, "outcome"), audit.time("since"),
                audit.time("until"), query.id("before"));
    }

    private <E extends Enum<E>> Optional<E> oneOf(Class<E> type, String name) {
        return query.text(name).map(text -> {
            for (E value : type.getEnumConstants()) {
                if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return value;
                }
            }
            throw new InvalidRequestException("The parameter %s is none of those there are; the API's description"
                    .formatted(name) + " lists them.", List.of(name));
        });
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
