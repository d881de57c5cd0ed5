package io.machinemanager.api.audit;

import java.time.Instant;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.audit.AuditEntry;

/**
 * Something that was done.
 *
 * @param id grows with time
 * @param at when
 * @param actor the user who did it; null when a service acted by itself, or when it is not known who it was
 * @param apiKey the name of the API key that was used, if it was one
 * @param address the client's address; null when there was no client
 * @param action what was done
 * @param target the user, machine or API key that it was done to
 * @param outcome {@code done}, {@code refused} or {@code failed}
 * @param detail what else there is to know
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
