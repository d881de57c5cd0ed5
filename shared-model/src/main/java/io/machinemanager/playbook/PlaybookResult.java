package io.machinemanager.playbook;

import io.machinemanager.account.AccountResult;

/**
 * How the run of a playbook ended.
 *
 * @param outcome how
 * @param reason why it failed, as one short sentence without secrets; empty when done
 */
public record PlaybookResult(Outcome outcome, String reason) {

    /** How a run ended. */
    public enum Outcome {
        /** The playbook ran to its end without a failure. */
        DONE,
        /** A task failed, or the machine was not reached. */
        FAILED,
        /** It did not end in time, and was killed. */
        TIMED_OUT,
        /** It could not be started, or was ended from outside: the claim was lost, or the service stops. */
        LOST
    }

    public PlaybookResult {
        // for its rules: control characters are replaced, and the length is that of the database columns
        reason = new AccountResult(AccountResult.Outcome.FAILED, reason).reason();
    }

    static PlaybookResult done() {
        return new PlaybookResult(Outcome.DONE, "");
    }

    /** Whether it is done. */
    public boolean isDone() {
        return outcome == Outcome.DONE;
    }
}
