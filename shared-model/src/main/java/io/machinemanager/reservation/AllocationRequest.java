package io.machinemanager.reservation;

import java.util.UUID;

import io.machinemanager.account.AccountLogin;

/**
 * The values that all rows of one request share.
 *
 * @param requestId the id of the request
 * @param requester the user who reserves
 * @param account the account to make
 * @param login how the requester logs in to the account
 * @param minutes the duration
 * @param claim the claim of the worker that makes the accounts
 */
record AllocationRequest(String requestId, Requester requester, String account, AccountLogin login, int minutes,
        UUID claim) {

    /** Omits the password hash, to keep it out of logs. */
    @Override
    public String toString() {
        return "request " + requestId;
    }
}
