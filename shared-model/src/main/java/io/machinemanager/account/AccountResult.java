package io.machinemanager.account;

/**
 * What came of one {@link AccountTask}.
 *
 * @param outcome how it ended
 * @param reason one sentence that a person understands, without secrets; empty when done
 */
public record AccountResult(Outcome outcome, String reason) {

    /** How a task ended. */
    public enum Outcome {
        /** The wanted state was reached, and checked on the machine. */
        DONE,
        /** No log-in: no connection, wrong credentials, a changed host key. Nothing was changed on the machine. */
        UNREACHABLE,
        /** The name belongs to an account that is not ours. Nothing was changed; the machine itself is well. */
        REFUSED,
        /** The machine was reached and the work failed, or its end is not known. What is there now is uncertain. */
        FAILED
    }

    /** The result of work that reached its aim. */
    public static AccountResult done() {
        return new AccountResult(Outcome.DONE, "");
    }

    /** Tells whether the wanted state was reached. */
    public boolean isDone() {
        return outcome == Outcome.DONE;
    }
}
