package io.machinemanager.reservation;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What somebody wants to reserve.
 *
 * @param borrower who reserves
 * @param count how many machines, at least 1
 * @param minutes for how long, 1 to the configured maximum
 * @param account the account to make on each
 * @param password the account's password in clear, which is hashed and forgotten; null to have one generated, unless there
 *        is a key
 * @param sshPublicKey a public key that lets the borrower in; null for none
 */
@RegisterForReflection // kept as JSON for repeated requests
public record ReservationSpec(Requester borrower, int count, int minutes, String account, String password,
        @JsonInclude(Include.NON_NULL) String sshPublicKey) {

    /** An order without a key. */
    public ReservationSpec(Requester borrower, int count, int minutes, String account, String password) {
        this(borrower, count, minutes, account, password, null);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%d machines for %s, %d minutes, account %s".formatted(count, borrower.name(), minutes, account);
    }
}
