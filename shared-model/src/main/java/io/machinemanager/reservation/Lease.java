package io.machinemanager.reservation;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The result of a successful request: every machine has the account.
 *
 * @param requestId the request
 * @param account the account on each of the machines
 * @param machines the machines, sorted by name
 * @param reservedUntil the end
 * @param minutes the duration
 * @param generatedPassword the generated password, shown only once; null when the caller gave a password or a key
 */
@RegisterForReflection // stored as JSON for repeated requests
public record Lease(long requestId, String account, List<LentMachine> machines, Instant reservedUntil, int minutes,
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

    /** The answer to a request. */
    static Lease of(AllocationRequest request, List<WorkItem> made, Instant until, String generated) {
        List<LentMachine> machines = made.stream().map(item -> new LentMachine(item.reservationId(),
                item.target().machine(), item.target().host(), item.target().port()))
                .sorted(Comparator.comparing(LentMachine::name)).toList();
        return new Lease(request.requestId(), request.account(), machines, until, request.minutes(), generated);
    }

    /** Omits the password, to keep it out of logs. */
    @Override
    public String toString() {
        return "request " + requestId + " with " + machines.size() + " machines";
    }
}
