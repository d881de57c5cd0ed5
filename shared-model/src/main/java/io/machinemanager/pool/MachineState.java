package io.machinemanager.pool;

import io.machinemanager.reservation.ReservationState;

/** What a machine is doing at a moment. It is derived each time and never stored. */
public enum MachineState {
    /** It would be lent now. */
    FREE,
    /** It is held, and the account is being made. */
    PROVISIONING,
    /** Somebody has it. */
    RESERVED,
    /** The account is being removed; it stays held until that is verified. */
    CLEANING,
    /** It has not answered yet, work on it failed, or something about it is in the way; the reason says what. */
    UNAVAILABLE,
    /** An admin took it out of the pool. */
    DISABLED;

    /** Why a disabled machine is not lent. */
    public static final String BY_AN_ADMIN = "An admin disabled it.";

    /**
     * What a machine is doing.
     *
     * @param held the state of its live reservation; null while it is not lent
     * @param enabled whether it may be lent
     * @param well whether nothing else keeps it from being lent
     */
    static MachineState of(ReservationState held, boolean enabled, boolean well) {
        if (held != null) {
            return switch (held) {
                case PROVISIONING -> PROVISIONING;
                case ACTIVE -> RESERVED;
                case RELEASING, RELEASED -> CLEANING;
            };
        }
        if (!enabled) {
            return DISABLED;
        }
        return well ? FREE : UNAVAILABLE;
    }
}
