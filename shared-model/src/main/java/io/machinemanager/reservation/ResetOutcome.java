package io.machinemanager.reservation;

import io.machinemanager.account.AccountResult.Outcome;

/** How a try to reset a machine ended. */
enum ResetOutcome {
    /** The machine is reset, and works. */
    DONE(Outcome.DONE),
    /** The playbook failed. */
    PLAYBOOK_FAILED(Outcome.FAILED),
    /** The playbook did not end in time. */
    TIMED_OUT(Outcome.FAILED),
    /** The playbook could not be started, or was ended. */
    LOST(Outcome.RUN_LOST),
    /** The playbook ended well, and then a log-in to the machine failed. */
    NOT_WORKING(Outcome.UNREACHABLE),
    /** The playbook ended well, and then the account was on the machine. */
    ACCOUNT_FOUND(Outcome.FAILED);

    private final Outcome stored;

    ResetOutcome(Outcome stored) {
        this.stored = stored;
    }

    /** The outcome that is stored with the reservation. */
    Outcome stored() {
        return stored;
    }
}
