package io.machinemanager.reservation;

/** Why a reservation ended. */
public enum ReleaseCause {
    /** Its time was up. */
    EXPIRED,
    /** Its owner or an admin gave the machine back before the end. */
    GIVEN_BACK,
    /** An admin released all machines. */
    RELEASED_ALL,
    /** Its owner was deleted. */
    OWNER_DELETED,
    /** The machine did not answer any more and was replaced. */
    MACHINE_LOST,
    /** The account could not be made, here or on another machine of the same request. */
    PROVISIONING_FAILED,
    /** The request was not kept alive. */
    NOT_KEPT_ALIVE,
    /** The worker that was making the account died: its claim ran out. */
    WORKER_LOST,
    /** An admin deleted the machine by force. The account may still be on the host. */
    ABANDONED
}
