package io.machinemanager.reservation;

import java.util.UUID;

import io.machinemanager.account.AccountLogin;

/**
 * What all rows of one request have in common.
 *
 * @param requestId names the request
 * @param borrower who reserves
 * @param account the account to make
 * @param login what the borrower gets
 * @param minutes for how long
 * @param claim the claim of whoever works on the request
 */
record AllocationRequest(String requestId, Requester borrower, String account, AccountLogin login, int minutes,
        UUID claim) {

    /** Leaves the hash out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "request " + requestId;
    }
}
