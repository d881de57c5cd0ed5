package io.machinemanager.reservation;

import java.time.Instant;

/**
 * CDI event: the claim of the worker that makes the accounts of a request was renewed. It is fired in the transaction of
 * the renewal.
 *
 * @param ownerId the user who sent the request; null when the user was deleted meanwhile
 * @param requestId the request
 * @param until the end of the renewed claim, in the database's time
 */
public record ClaimRenewed(Long ownerId, String requestId, Instant until) {
}
