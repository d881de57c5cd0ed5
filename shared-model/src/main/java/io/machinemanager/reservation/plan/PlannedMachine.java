package io.machinemanager.reservation.plan;

import java.time.Instant;
import java.util.Objects;

/**
 * A machine that works, as the planner sees it. Machines that are out of order are not given to the planner.
 *
 * @param id the machine
 * @param freeFrom when it is free: now or earlier when it is free; later when it is lent, with the time of the removal
 *        added. A machine that is lent although this time has passed needs a guess that lies in the future
 */
public record PlannedMachine(long id, Instant freeFrom) {

    public PlannedMachine {
        Objects.requireNonNull(freeFrom, "freeFrom");
    }
}
