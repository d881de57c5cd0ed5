package io.machinemanager.reservation;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What somebody wants to reserve.
 *
 * @param borrower who reserves
 * @param count how many machines, at least 1
 * @param minutes for how long, 1 to the configured maximum
 * @param account the account to make on each
 * @param password the account's password in clear, which is hashed and forgotten; null to have one generated
 */
@RegisterForReflection // kept as JSON for repeated requests
public record ReservationOrder(Borrower borrower, int count, int minutes, String account, String password) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%d machines for %s, %d minutes, account %s".formatted(count, borrower.name(), minutes, account);
    }
}
