package io.machinemanager.reservation;

import java.time.Instant;
import java.util.Optional;

import io.machinemanager.machine.Machine;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A machine and who holds it.
 *
 * @param machine the machine
 * @param reservation its live reservation; null while it is not lent
 */
@RegisterForReflection // made by the query
public record PooledMachine(Machine machine, Reservation reservation) {

    /** What the machine is doing at the given time of the database. */
    public MachineState state(Instant now) {
        return MachineState.of(reservation == null ? null : reservation.state, machine.enabled,
                machine.holds().isWell(now));
    }

    /** Why the machine is not free although nobody uses it, in words for an admin; nothing when there is no such reason. */
    public Optional<String> reason(Instant now) {
        return switch (state(now)) {
            case FREE, PROVISIONING, RESERVED -> Optional.empty();
            case CLEANING -> Optional.ofNullable(reservation.lastError);
            case UNAVAILABLE -> machine.holds().reason(now);
            case DISABLED -> Optional.of(MachineState.BY_AN_ADMIN);
        };
    }
}
