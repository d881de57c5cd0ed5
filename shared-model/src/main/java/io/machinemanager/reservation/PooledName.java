package io.machinemanager.reservation;

import java.time.Instant;

import io.machinemanager.machine.Holds;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A machine of which only its name and its state matter.
 *
 * @param name its name
 * @param enabled whether it may be lent
 * @param held the state of its live reservation; null while it is not lent
 * @param holds what keeps it from being lent although nobody has it
 */
@RegisterForReflection // made by the query
public record PooledName(String name, boolean enabled, ReservationState held, Holds holds) {

    /** As the query has it. */
    public PooledName(String name, boolean enabled, ReservationState held, Instant unavailableUntil,
            String unavailableReason, Instant pausedUntil, String pausedReason, String strayReason) {
        this(name, enabled, held,
                new Holds(unavailableUntil, unavailableReason, pausedUntil, pausedReason, strayReason));
    }

    /** What the machine is doing at the given time of the database. */
    public MachineState state(Instant now) {
        return MachineState.of(held, enabled, holds.isWell(now));
    }
}
