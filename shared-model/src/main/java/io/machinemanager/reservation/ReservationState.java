package io.machinemanager.reservation;

/** The stations of a reservation. Every state but the last is live: it holds the machine. */
public enum ReservationState {
    /** The machine is held and the account is being made. */
    PROVISIONING,
    /** The account is there and the user may use it. */
    ACTIVE,
    /** The account is being removed; the machine stays held until it is verified gone, however long that takes. */
    RELEASING,
    /** The account is verified gone and the machine is free, or the machine was deleted; the row is history. */
    RELEASED;

    /** Tells whether the life cycle has a step from here to there. */
    public boolean canBecome(ReservationState next) {
        return switch (this) {
            case PROVISIONING -> next == ACTIVE || next == RELEASING;
            case ACTIVE -> next == RELEASING;
            case RELEASING -> next == RELEASED;
            case RELEASED -> false;
        };
    }
}
