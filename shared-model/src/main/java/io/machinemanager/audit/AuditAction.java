package io.machinemanager.audit;

import java.util.Locale;

/** What can be done that is written down. */
public enum AuditAction {
    /** A user gave name and password and got a token; or failed to. */
    LOGGED_IN,
    /** Too many log-ins failed: for a while no more are tried for that user, or from that address. */
    LOCKED_OUT,
    /** A user ended a token, and the session it belongs to. */
    LOGGED_OUT,
    /** A refresh token was given for new tokens; or was given a second time, which ended its session. */
    TOKEN_REFRESHED,
    /** A user changed the own password; or gave a wrong one for that. */
    PASSWORD_CHANGED,
    /** An API key was made. */
    API_KEY_CREATED,
    /** An API key was ended. */
    API_KEY_REVOKED,
    /** A user was created. */
    USER_CREATED,
    /** A user's password or role was changed. */
    USER_CHANGED,
    /** A user was deleted. */
    USER_DELETED,
    /** A machine came into the pool. */
    MACHINE_REGISTERED,
    /** A machine's address, log-in, host key or state was changed. */
    MACHINE_CHANGED,
    /** The SSH host keys that a machine showed at the first contact were recorded. */
    HOST_KEYS_RECORDED,
    /** A machine was taken out of the pool. */
    MACHINE_DELETED,
    /** A user got an account on a machine; or did not, because none could be made. */
    RESERVED,
    /** The end of a reservation was moved. */
    RESERVATION_EXTENDED,
    /** A reservation ended, and the account on the machine with it; the detail says why. */
    RESERVATION_ENDED,
    /** All machines were taken back. */
    ALL_RELEASED,
    /** An account of ours that no reservation knows was removed from a machine; or could not be. */
    STRAY_ACCOUNT_REMOVED,
    /** A user called what only others may call. */
    ACCESS_DENIED;

    /** The action as clients see it, in snake case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
