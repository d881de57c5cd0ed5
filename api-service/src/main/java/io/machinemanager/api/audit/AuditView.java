package io.machinemanager.api.audit;

import java.time.Instant;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.audit.AuditEntry;

/**
 * An event of the audit log.
 *
 * @param id grows from event to event
 * @param at when it happened
 * @param actor the user who did it; null when a service acted by itself, or when the user is not known
 * @param apiKey the name of the API key that was used, if it was one
 * @param address the client's address; null when there was no client
 * @param action what was done
 * @param target the user, machine or API key that it was done to
 * @param outcome {@code done}, {@code refused} or {@code failed}
 * @param detail more about it
 */
public record AuditView(long id, Instant at, @Schema(nullable = true) String actor,
        @Schema(nullable = true) String apiKey, @Schema(nullable = true) String address, String action,
        @Schema(nullable = true) String target,
        String outcome, @Schema(nullable = true) String detail) {

    static AuditView of(AuditEntry entry) {
        return new AuditView(entry.id, entry.happenedAt, entry.actor, entry.apiKey, entry.address, entry.action.code(),
                entry.target, entry.outcome.code(), entry.detail);
    }
}
