package io.machinemanager.reservation;

import java.time.Instant;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A request in a list.
 *
 * @param id the request
 * @param ownerName the user who made it
 * @param account the account on its machines
 * @param count how many machines
 * @param minutes for how long
 * @param selector which machines; null for any
 * @param machineNames the names of the wanted machines, separated by commas; null for any
 * @param note the purpose; null for none
 * @param state its state
 * @param createdAt when it was made
 * @param waitsUntil until when it may queue; null when it does not wait
 * @param endReason why it ended, other than by its time
 * @param reservedUntil the latest end of its machines; null while it has none
 */
@RegisterForReflection // created by a query
public record RequestSummary(Long id, String ownerName, String account, int count, int minutes, String selector,
        String machineNames, String note, RequestState state, Instant createdAt, Instant waitsUntil, String endReason,
        Instant reservedUntil) {
}
