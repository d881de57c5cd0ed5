package io.machinemanager.reservation;

import java.time.Instant;

/**
 * An event: the worker that makes the accounts of a request goes on working. It is fired in the transaction that renews
 * the claim.
 *
 * @param ownerId the user who sent the request; null when the user was deleted meanwhile
 * @param requestId the request
 * @param until the end of the renewed claim, in the database's time
 */
public record ClaimRenewed(Long ownerId, String requestId, Instant until) {
}
