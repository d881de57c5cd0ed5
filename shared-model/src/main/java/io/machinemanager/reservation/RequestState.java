package io.machinemanager.reservation;

import java.util.EnumSet;
import java.util.Set;

/** The states of a request. */
public enum RequestState {
    /** It waits until its machines are free. */
    QUEUED,
    /** Its machines are allocated and the accounts are being made. */
    PROVISIONING,
    /** All accounts are made. It stays active until all of its machines are free again. */
    ACTIVE,
    /** All of its machines are free again. */
    ENDED,
    /** It was taken back before it was served. */
    CANCELLED,
    /** It waited in vain, or was not kept alive. */
    LAPSED,
    /** Its accounts could not be made. */
    FAILED;

    /** The states of requests that are not over. */
    public static final Set<RequestState> OPEN = EnumSet.of(QUEUED, PROVISIONING, ACTIVE);

    /** Tells whether the request is not over. */
    public boolean isOpen() {
        return OPEN.contains(this);
    }

    /** Tells whether a request may change from this state to the next one. */
    public boolean canBecome(RequestState next) {
        return switch (this) {
            case QUEUED -> next == PROVISIONING || next == CANCELLED || next == LAPSED;
            // back in the queue when its worker died or machines failed
            case PROVISIONING -> next == ACTIVE || next == QUEUED || next == CANCELLED || next == FAILED;
            case ACTIVE -> next == ENDED || next == LAPSED;
            case ENDED, CANCELLED, LAPSED, FAILED -> false;
        };
    }
}
