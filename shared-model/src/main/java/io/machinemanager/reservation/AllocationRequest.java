package io.machinemanager.reservation;

import java.util.Set;
import java.util.UUID;

import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountPassword;

/**
 * The values of a request that account work needs, and that its reservations share.
 *
 * @param requestId the request
 * @param requester the user who reserves
 * @param account the account to make
 * @param login how the requester logs in to the account
 * @param minutes the duration
 * @param filter which machines it may get
 * @param claim the claim of the worker that makes the accounts
 * @param place its place in the order of requests
 */
record AllocationRequest(long requestId, Requester requester, String account, AccountLogin login, int minutes,
        MachineFilter filter, UUID claim, Place place) {

    /**
     * The order in which requests are served.
     *
     * @param priority requests with a higher one come first
     * @param requestId of the same priority, the smaller one comes first: unlike a time, it never goes back
     */
    record Place(int priority, long requestId) {
    }

    /** A request that makes accounts under this claim. */
    static AllocationRequest of(Request request, UUID claim, boolean sudo) {
        return new AllocationRequest(request.id, new Requester(request.ownerId, request.ownerName), request.account,
                new AccountLogin(request.passwordHash == null ? AccountPassword.NONE : request.passwordHash,
                        request.sshPublicKey, sudo),
                request.durationMinutes,
                MachineFilter.of(request), claim, new Place(request.priority, request.id));
    }

    /** The same request without these machines. */
    AllocationRequest without(Set<Long> machines) {
        return new AllocationRequest(requestId, requester, account, login, minutes, filter.without(machines), claim,
                place);
    }

    /** Omits the password hash, to keep it out of logs. */
    @Override
    public String toString() {
        return "request " + requestId;
    }
}
