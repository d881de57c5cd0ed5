package io.machinemanager.audit;

import java.util.Locale;

/** The actions that are audited. */
public enum AuditAction {
    /** A log-in with name and password, successful or not. */
    LOGGED_IN,
    /** Too many log-ins failed: for some time, log-ins of the user or from the address are refused. */
    LOCKED_OUT,
    /** A user revoked a token and its session. */
    LOGGED_OUT,
    /** A refresh token was exchanged for new tokens, or was reused, which revoked its session. */
    TOKEN_REFRESHED,
    /** A user changed their own password, or tried to with a wrong one. */
    PASSWORD_CHANGED,
    /** An API key was created. */
    API_KEY_CREATED,
    /** An API key was revoked. */
    API_KEY_REVOKED,
    /** An SSH public key was added to those of a user. */
    SSH_KEY_ADDED,
    /** An SSH public key was removed from those of a user. */
    SSH_KEY_REMOVED,
    /** A user was created. */
    USER_CREATED,
    /** A user's password or role was changed. */
    USER_CHANGED,
    /** A user was deleted. */
    USER_DELETED,
    /** A group of users was created. */
    GROUP_CREATED,
    /** A group's limits were changed. */
    GROUP_CHANGED,
    /** A group was deleted. */
    GROUP_DELETED,
    /** A user was added to a group. */
    GROUP_MEMBER_ADDED,
    /** A user was removed from a group. */
    GROUP_MEMBER_REMOVED,
    /** A machine was registered. */
    MACHINE_REGISTERED,
    /** A machine's address, credentials, host keys, groups or state were changed. */
    MACHINE_CHANGED,
    /** The SSH host keys of the first contact with a machine were recorded. */
    HOST_KEYS_RECORDED,
    /** A machine was deleted. */
    MACHINE_DELETED,
    /** A request went to the queue. */
    REQUEST_QUEUED,
    /** The note of a request was changed; the detail is the new one. */
    REQUEST_CHANGED,
    /** A request was taken back before it was served. */
    REQUEST_CANCELLED,
    /** A request waited in vain, or was not kept alive; the detail says which. */
    REQUEST_LAPSED,
    /** The accounts of a request could not be made; the detail says why. */
    REQUEST_FAILED,
    /** The accounts of a request got a new password. */
    REQUEST_PASSWORD_CHANGED,
    /** A user got an account on a machine, or the account could not be made. */
    RESERVED,
    /** The end of a reservation was moved. */
    RESERVATION_EXTENDED,
    /** A reservation ended; the detail says why. */
    RESERVATION_ENDED,
    /** An admin released all machines. */
    ALL_RELEASED,
    /** A stray account was removed from a machine, or could not be removed. */
    STRAY_ACCOUNT_REMOVED,
    /** A user called an operation without the right to do so. */
    ACCESS_DENIED;

    /** The action as clients see it, in snake case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
