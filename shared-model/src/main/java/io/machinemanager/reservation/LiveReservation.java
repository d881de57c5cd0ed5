package io.machinemanager.reservation;

import java.time.Instant;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What is listed of a live reservation.
 *
 * @param id the row
 * @param account the account on the machine
 * @param ownerName the user who reserved
 * @param machine the machine's name
 * @param host where to log in
 * @param port the port of its sshd
 * @param state its station
 * @param reservedUntil the end
 * @param releaseCause why it ended; null before
 * @param releasingSince since when the account has to go; null before
 * @param failedRemovals how many tries to remove it have failed
 * @param lastError what went wrong last with the account work; null when nothing did
 * @param nextAttemptAt when a removal that failed is tried again; null while none has
 */
@RegisterForReflection // made by the query
public record LiveReservation(long id, String account, String ownerName, String machine, String host, int port,
        ReservationState state, Instant reservedUntil, ReleaseCause releaseCause, Instant releasingSince,
        int failedRemovals, String lastError, Instant nextAttemptAt) {
}
