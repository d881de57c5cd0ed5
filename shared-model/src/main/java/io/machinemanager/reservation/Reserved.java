package io.machinemanager.reservation;

/** The result of a call that reserves machines. */
public sealed interface Reserved {

    /** Every machine has the account. */
    record Lent(Lease lease) implements Reserved {
    }

    /** The request waits in the queue, or did when a repeated call comes later. */
    record Accepted(long requestId) implements Reserved {
    }
}
