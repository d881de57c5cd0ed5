package io.machinemanager.machine;

/** Why a machine is out of the pool after work on it failed. */
public enum UnavailableCause {
    /** The service cannot log in: no connection, or wrong credentials. Ends with the next log-in. */
    UNREACHABLE,
    /** The machine shows another SSH host key than the recorded one. Ends when an admin accepts it or the old key returns. */
    HOST_KEY,
    /**
     * The log-in works, but accounts cannot be made. This sets a pause ({@link Machine#pausedReason}) and never
     * {@link Machine#unavailableCause}. Ends after a time, or with the next account that is made.
     */
    ACCOUNT_WORK
}
