package io.machinemanager.pool;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

import io.machinemanager.machine.MachineBlocks;
import io.machinemanager.reservation.ReservationState;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A machine of which only its name and its state matter.
 *
 * @param name its name
 * @param enabled whether it may be lent
 * @param held the state of its live reservation; null while it is not lent
 * @param holds what keeps it from being lent although nobody has it
 * @param at when that was so, in the database's time
 */
@RegisterForReflection // made by the query
public record MachineSummary(String name, boolean enabled, ReservationState held, MachineBlocks holds, Instant at) {

    /** As the query has it. */
    public MachineSummary(String name, boolean enabled, ReservationState held, Instant lastSeenAt,
            Instant unavailableUntil, String unavailableReason, Instant pausedUntil, String pausedReason,
            String unusableReason, String duplicateReason, String strayReason, LocalDateTime utc) {
        this(name, enabled, held,
                new MachineBlocks(lastSeenAt, unavailableUntil, unavailableReason, pausedUntil, pausedReason,
                        unusableReason,
                        duplicateReason, strayReason),
                utc.toInstant(ZoneOffset.UTC));
    }

    /** What the machine was doing. */
    public MachineState state() {
        return MachineState.of(held, enabled, holds.isWell(at));
    }
}
