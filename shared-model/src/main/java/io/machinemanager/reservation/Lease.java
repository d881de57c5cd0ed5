package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What a successful reservation gives: every machine of it has the account.
 *
 * @param requestId what the rows of the request share
 * @param account the account on each machine
 * @param machines the machines, by name
 * @param reservedUntil the end
 * @param minutes the duration
 * @param generatedPassword the password that was generated, to be shown this once; null when the caller gave one
 */
@RegisterForReflection // kept as JSON for repeated requests
public record Lease(String requestId, String account, List<LentMachine> machines, Instant reservedUntil, int minutes,
        String generatedPassword) {

    /**
     * One machine of a lease.
     *
     * @param reservationId the id of its row
     * @param name the machine's name
     * @param host where to log in
     * @param port the port of its sshd
     */
    @RegisterForReflection
    public record LentMachine(long reservationId, String name, String host, int port) {
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "request " + requestId + " with " + machines.size() + " machines";
    }
}
