package io.machinemanager.reservation.plan;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a request that does not start now can expect when nothing else happens.
 *
 * @param position 1 and the number of earlier requests that go on waiting for machines which this one may use, too
 * @param expectedAt when it starts. Empty when too few of the known machines match, and behind {@link QueuePlanner#DEPTH}
 *        other waiting requests
 * @param machines the ids of the machines that it is then to have; empty without {@code expectedAt}
 */
public record Forecast(int position, Optional<Instant> expectedAt, List<Long> machines) {
}
