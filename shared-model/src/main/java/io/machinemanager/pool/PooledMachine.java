package io.machinemanager.pool;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

import io.machinemanager.machine.Labels;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineBlocks;
import io.machinemanager.machine.MachineFacts;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationState;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A machine with its live reservation, as shown to users. It contains no secrets.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP address
 * @param port the port of its sshd
 * @param sshUser the user that the service logs in as
 * @param hostKeys its recorded SSH host keys, one a line; null for none, and in lists
 * @param enabled whether an admin allows lending it
 * @param sharedHost whether other machines may be the same host
 * @param labels its labels by name
 * @param facts what the last probe found out about it; null for nothing, and in lists
 * @param factsAt when that probe was; null as the facts
 * @param lastSeenAt when the service last logged in; null for never
 * @param blocks the reasons not to lend it
 * @param reservation the state of its live reservation; without one, this and all that follows is null
 * @param ownerName the user who reserved it
 * @param reservedUntil the end of the reservation
 * @param lastError the last failure of account work
 * @param groups the names of the groups that it is for, sorted; empty for everyone
 */
@RegisterForReflection // created by a query
public record PooledMachine(String name, String host, int port, String sshUser, String hostKeys, boolean enabled,
        boolean sharedHost, SortedMap<String, String> labels, MachineFacts facts, Instant factsAt, Instant lastSeenAt,
        MachineBlocks blocks,
        ReservationState reservation, String ownerName,
        Instant reservedUntil, String lastError, List<String> groups) {

    /** The constructor that the query calls. */
    public PooledMachine(String name, String host, int port, String sshUser, String hostKeys, boolean enabled,
            boolean sharedHost, String labels, String facts, Instant factsAt, Instant lastSeenAt,
            Instant unavailableUntil, String unavailableReason,
            Instant pausedUntil, String pausedReason, String unusableReason, String duplicateReason, String strayReason,
            ReservationState reservation, String ownerName, Instant reservedUntil, String lastError, String groups) {
        this(name, host, port, sshUser, hostKeys, enabled, sharedHost, Labels.read(labels),
                facts == null ? null : MachineFacts.read(facts), factsAt, lastSeenAt,
                new MachineBlocks(lastSeenAt, unavailableUntil, unavailableReason, pausedUntil, pausedReason,
                        unusableReason, duplicateReason, strayReason),
                reservation, ownerName, reservedUntil, lastError,
                groups == null ? List.of() : List.of(groups.split(",")));
    }

    /** The same as the query gives for one machine. */
    static PooledMachine of(Machine machine, SortedMap<String, String> labels, Optional<Reservation> live,
            List<String> groups) {
        return new PooledMachine(machine.name, machine.host, machine.port, machine.sshUser, machine.hostKeys,
                machine.enabled, machine.sharedHost, labels,
                machine.facts == null ? null : MachineFacts.read(machine.facts), machine.factsAt, machine.lastSeenAt,
                machine.blocks(),
                live.map(r -> r.state).orElse(null),
                live.map(r -> r.ownerName).orElse(null), live.map(r -> r.reservedUntil).orElse(null),
                live.map(r -> r.lastError).orElse(null), groups);
    }

    /** The state of the machine at the given time of the database. */
    public MachineState state(Instant now) {
        return MachineState.of(reservation, enabled, blocks.isBlocking(now));
    }

    /**
     * What is wrong with the machine, or why it is not lent, as sentences for an admin; empty when nothing is.
     */
    public Optional<String> reason(Instant now) {
        return switch (state(now)) {
            case FREE -> Optional.empty();
            case CLEANING, RESETTING -> Optional.ofNullable(lastError).or(() -> blocks.reason(now));
            case PROVISIONING, RESERVED, UNAVAILABLE -> blocks.reason(now);
            case DISABLED -> Optional.of(MachineState.BY_AN_ADMIN);
        };
    }
}
