package io.machinemanager.pool;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

import io.machinemanager.machine.MachineBlocks;
import io.machinemanager.reservation.ReservationState;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The name and the state of a machine.
 *
 * @param name its name
 * @param enabled whether an admin allows lending it
 * @param reservation the state of its live reservation; null for none
 * @param blocks the reasons not to lend it
 * @param at the database's time of the query
 */
@RegisterForReflection // created by a query
public record MachineSummary(String name, boolean enabled, ReservationState reservation, MachineBlocks blocks,
        Instant at) {

    /** The constructor that the query calls. */
    public MachineSummary(String name, boolean enabled, ReservationState reservation, Instant lastSeenAt,
            Instant unavailableUntil, String unavailableReason, Instant pausedUntil, String pausedReason,
            String unusableReason, String duplicateReason, String strayReason, LocalDateTime utc) {
        this(name, enabled, reservation,
                new MachineBlocks(lastSeenAt, unavailableUntil, unavailableReason, pausedUntil, pausedReason,
                        unusableReason, duplicateReason, strayReason),
                utc.toInstant(ZoneOffset.UTC));
    }

    /** The state of the machine. */
    public MachineState state() {
        return MachineState.of(reservation, enabled, blocks.isBlocking(at));
    }
}
