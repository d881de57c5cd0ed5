package io.machinemanager.reservation;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

import io.machinemanager.machine.Machine;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A machine of which only its name and its state matter.
 *
 * @param name its name
 * @param enabled whether it may be lent
 * @param unavailableUntil until when it sits out; null while all is well
 * @param unavailableReason why it sits out; null while all is well
 * @param held the state of its live reservation; null while it is not lent
 * @param at when that was so, in the database's time, UTC
 */
@RegisterForReflection // made by the query
public record PooledName(String name, boolean enabled, Instant unavailableUntil, String unavailableReason,
        ReservationState held, LocalDateTime at) {

    /** What the machine was doing. */
    public MachineState state() {
        return MachineState.of(held, enabled, Machine.isWell(unavailableUntil, at.toInstant(ZoneOffset.UTC)));
    }
}
