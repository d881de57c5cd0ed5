package io.machinemanager.reservation;

/** The states of a reservation. Every state but the last is live: the machine is not free. */
public enum ReservationState {
    /** The machine is allocated and the account is being made. */
    PROVISIONING,
    /** The account is made and the user may use it. */
    ACTIVE,
    /** The account is being removed. The machine is not free until the account is verified gone, however long that takes. */
    RELEASING,
    /**
     * The machine is being reset. Its account is verified gone, or could not be removed and is to go with the reset. The
     * machine is not free until the account is verified gone and the machine works.
     */
    RESETTING,
    /** The account is verified gone and the machine is free, or the machine was deleted. */
    RELEASED;

    /** Tells whether a reservation may change from this state to the next one. */
    public boolean canBecome(ReservationState next) {
        return switch (this) {
            case PROVISIONING -> next == ACTIVE || next == RELEASING;
            case ACTIVE -> next == RELEASING;
            case RELEASING -> next == RESETTING || next == RELEASED;
            case RESETTING -> next == RELEASED;
            case RELEASED -> false;
        };
    }

    /** Tells whether the user has the machine, or is about to. */
    boolean isInUse() {
        return this == PROVISIONING || this == ACTIVE;
    }
}
