package io.machinemanager.pool;

import java.time.Instant;
import java.util.Optional;

import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineBlocks;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationState;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What is to be shown of a machine and of who holds it; of its secrets, nothing.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP address
 * @param port the port of its sshd
 * @param sshUser the user the service logs in with
 * @param hostKeys the SSH host keys that it is known by, as lines; null while there are none, and in lists
 * @param enabled whether it may be lent
 * @param sharedHost whether other machines may stand for the same host
 * @param lastSeenAt when the service was last logged in there; null when it never was
 * @param holds what keeps it from being lent although nobody has it
 * @param held the state of its live reservation; null while it is not lent, like all that follows
 * @param ownerName the user who holds it
 * @param reservedUntil until when
 * @param lastError what went wrong last with the account
 */
@RegisterForReflection // made by the query
public record PooledMachine(String name, String host, int port, String sshUser, String hostKeys, boolean enabled,
        boolean sharedHost, Instant lastSeenAt, MachineBlocks holds, ReservationState held, String ownerName,
        Instant reservedUntil,
        String lastError) {

    /** As the query has it. */
    public PooledMachine(String name, String host, int port, String sshUser, String hostKeys, boolean enabled,
            boolean sharedHost, Instant lastSeenAt, Instant unavailableUntil, String unavailableReason,
            Instant pausedUntil, String pausedReason, String unusableReason, String duplicateReason, String strayReason,
            ReservationState held, String ownerName, Instant reservedUntil, String lastError) {
        this(name, host, port, sshUser, hostKeys, enabled, sharedHost, lastSeenAt,
                new MachineBlocks(lastSeenAt, unavailableUntil, unavailableReason, pausedUntil, pausedReason,
                        unusableReason,
                        duplicateReason, strayReason),
                held, ownerName, reservedUntil, lastError);
    }

    /** The same as the query has it for a machine alone. */
    static PooledMachine of(Machine machine, Optional<Reservation> live) {
        return new PooledMachine(machine.name, machine.host, machine.port, machine.sshUser, machine.hostKeys,
                machine.enabled, machine.sharedHost, machine.lastSeenAt, machine.unavailableUntil,
                machine.unavailableReason, machine.pausedUntil, machine.pausedReason, machine.unusableReason,
                machine.duplicateReason, machine.strayReason, live.map(held -> held.state).orElse(null),
                live.map(held -> held.ownerName).orElse(null), live.map(held -> held.reservedUntil).orElse(null),
                live.map(held -> held.lastError).orElse(null));
    }

    /** What the machine is doing at the given time of the database. */
    public MachineState state(Instant now) {
        return MachineState.of(held, enabled, holds.isWell(now));
    }

    /**
     * What is wrong with the machine, or why it is not free although nobody uses it, in words for an admin; nothing when
     * there is no such reason.
     */
    public Optional<String> reason(Instant now) {
        return switch (state(now)) {
            case FREE -> Optional.empty();
            case CLEANING -> Optional.ofNullable(lastError).or(() -> holds.reason(now));
            case PROVISIONING, RESERVED, UNAVAILABLE -> holds.reason(now);
            case DISABLED -> Optional.of(MachineState.BY_AN_ADMIN);
        };
    }
}
