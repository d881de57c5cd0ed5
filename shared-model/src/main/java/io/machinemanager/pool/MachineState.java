package io.machinemanager.pool;

import io.machinemanager.machine.MachineBlocks;
import io.machinemanager.reservation.ReservationState;

/** The state of a machine. It is derived from its reservation and its blocks, and never stored. */
public enum MachineState {
    /** It can be lent now. */
    FREE,
    /** It is allocated, and the account is being made. */
    PROVISIONING,
    /** A user has an account on it. */
    RESERVED,
    /** The account is being removed; the machine is not free until that is verified. */
    CLEANING,
    /** It is being reset; it is not free until that is done, the account is verified gone, and it works. */
    RESETTING,
    /** Something blocks it, see {@link MachineBlocks}; the reason says what. */
    UNAVAILABLE,
    /** An admin disabled it. */
    DISABLED;

    /** The reason shown for a disabled machine. */
    public static final String BY_AN_ADMIN = "An admin disabled it.";

    /**
     * Derives the state of a machine.
     *
     * @param reservation the state of its live reservation; null for none
     * @param enabled whether an admin allows lending it
     * @param blocked whether something else keeps it from being lent
     */
    static MachineState of(ReservationState reservation, boolean enabled, boolean blocked) {
        if (reservation != null) {
            return switch (reservation) {
                case PROVISIONING -> PROVISIONING;
                case ACTIVE -> RESERVED;
                case RELEASING, RELEASED -> CLEANING;
                case RESETTING -> RESETTING;
            };
        }
        if (!enabled) {
            return DISABLED;
        }
        return blocked ? UNAVAILABLE : FREE;
    }
}
