package io.machinemanager.reservation;

import java.time.Instant;

/**
 * What a waiting request can expect.
 *
 * @param position 1 when it is next; 1 more for each earlier request that waits for machines which it may get too; null while its owner
 *        has as many machines as allowed
 * @param reason what it waits for, as a sentence
 * @param expectedAt when it is served if nothing else happens; null when that is not known
 */
public record WaitOutlook(Integer position, String reason, Instant expectedAt) {
}
