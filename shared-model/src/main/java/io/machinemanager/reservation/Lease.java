package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The result of a successful request: every machine has the account.
 *
 * @param requestId the id that the rows of the request share
 * @param account the account on each of the machines
 * @param machines the machines, sorted by name
 * @param reservedUntil the end
 * @param minutes the duration
 * @param generatedPassword the generated password, shown only once; null when the caller gave a password or a key
 */
@RegisterForReflection // stored as JSON for repeated requests
public record Lease(String requestId, String account, List<LentMachine> machines, Instant reservedUntil, int minutes,
        String generatedPassword) {

    /**
     * One machine of a lease.
     *
     * @param reservationId the id of its row
     * @param name the machine's name
     * @param host the address to log in to
     * @param port the port of its sshd
     */
    @RegisterForReflection
    public record LentMachine(long reservationId, String name, String host, int port) {
    }

    /** Omits the password, to keep it out of logs. */
    @Override
    public String toString() {
        return "request " + requestId + " with " + machines.size() + " machines";
    }
}
