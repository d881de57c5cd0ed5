package io.machinemanager.reservation;

import java.time.Instant;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A live reservation as it is listed.
 *
 * @param id the row
 * @param account the account on the machine
 * @param ownerName the user who reserved
 * @param machine the machine's name
 * @param host the address to log in to
 * @param port the port of its sshd
 * @param state its state
 * @param reservedUntil the end
 * @param releaseCause why it ended; null before
 * @param releasingSince when the release started; null before
 * @param failedRemovals how many removals have failed
 * @param lastError the last failure of account work; null for none
 * @param nextAttemptAt when the removal or the reset is tried next; null before the release
 * @param failedResets how many resets have failed
 */
@RegisterForReflection // created by a query
public record LiveReservation(long id, String account, String ownerName, String machine, String host, int port,
        ReservationState state, Instant reservedUntil, ReleaseCause releaseCause, Instant releasingSince,
        int failedRemovals, String lastError, Instant nextAttemptAt, int failedResets) {
}
