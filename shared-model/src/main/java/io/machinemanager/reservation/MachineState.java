package io.machinemanager.reservation;

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
    /** Work on it failed, and it sits out for a while. */
    UNAVAILABLE,
    /** An admin took it out of the pool. */
    DISABLED
}
