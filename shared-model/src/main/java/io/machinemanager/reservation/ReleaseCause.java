package io.machinemanager.reservation;

/** Why a reservation ended. */
public enum ReleaseCause {
    /** Its time was up. */
    EXPIRED,
    /** Its owner, or an admin for it, gave it back. */
    GIVEN_BACK,
    /** An admin released all machines. */
    RELEASED_ALL,
    /** Its owner was deleted. */
    OWNER_DELETED,
    /** The machine did not answer any more and another one took over. */
    MACHINE_LOST,
    /** The account could not be made, here or on another machine of the same request. */
    PROVISIONING_FAILED,
    /** The worker that was making the account was not heard of again. */
    WORKER_LOST,
    /** An admin deleted the machine while the account was there or was being removed. What was there may be there still. */
    ABANDONED
}
