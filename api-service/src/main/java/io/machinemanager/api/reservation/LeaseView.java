package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.Lease.LentMachine;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The machines that were reserved.
 *
 * @param requestId the request that got them
 * @param state {@code active}
 * @param username the account on each
 * @param machines the machines, by name
 * @param reservedUntil the end
 * @param durationMinutes the duration in minutes
 * @param reservationPassword the account's password if it was generated; for a GET also a password that was given
 */
@RegisterForReflection // returned in an untyped response
public record LeaseView(long requestId, String state, String username, List<MachineOfLease> machines,
        Instant reservedUntil, int durationMinutes,
        @JsonInclude(Include.NON_NULL) String reservationPassword) {

    /**
     * One of the machines.
     *
     * @param machine its name
     * @param host where to log in
     * @param port the port of its sshd
     * @param reservationId the reservation of this machine
     */
    @RegisterForReflection
    public record MachineOfLease(String machine, String host, int port, long reservationId) {

        static MachineOfLease of(LentMachine lent) {
            return new MachineOfLease(lent.name(), lent.host(), lent.port(), lent.reservationId());
        }
    }

    static LeaseView of(Lease lease) {
        return new LeaseView(lease.requestId(), "active", lease.account(),
                lease.machines().stream().map(MachineOfLease::of).toList(),
                lease.reservedUntil(), lease.minutes(), lease.generatedPassword());
    }

    /** The same with the password that the caller gave, if there is one. */
    LeaseView withPassword(String given) {
        return given == null
                ? this
                : new LeaseView(requestId, state, username, machines, reservedUntil, durationMinutes, given);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return machines.toString();
    }
}
