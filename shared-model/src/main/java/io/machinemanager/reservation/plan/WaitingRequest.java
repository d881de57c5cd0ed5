package io.machinemanager.reservation.plan;

import java.time.Duration;
import java.util.BitSet;

/**
 * A request that waits for machines.
 *
 * @param id the request
 * @param count how many machines it needs at the same time, at least 1
 * @param duration how long it has them, with the time of the removal added; positive
 * @param matches the positions, in the list of machines, of those that it may use. Requests may share the object, and it must
 *        not change while a plan is made
 */
public record WaitingRequest(long id, int count, Duration duration, BitSet matches) {

    /** @throws IllegalArgumentException when the count or the duration is not positive */
    public WaitingRequest {
        if (count < 1 || !duration.isPositive()) {
            throw new IllegalArgumentException(
                    "Request %d needs a positive count and duration, and has %d and %s.".formatted(id, count,
                            duration));
        }
    }
}
