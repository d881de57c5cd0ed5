package io.machinemanager.account;

import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What came of one {@link AccountTask}.
 *
 * @param outcome how it ended
 * @param reason one sentence that a person understands, without secrets; empty when done. It may hold what a machine has
 *        said, so it is cut to what fits where reasons are kept, and has no control characters
 * @param accounts what a probe has found: the accounts that carry our mark, and those of which a removal has left
 *        something, with the token of each; otherwise empty
 */
public record AccountResult(Outcome outcome, String reason, Map<String, Long> accounts) {

    private static final int LONGEST_REASON = 450;
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    public AccountResult {
        String plain = UNPRINTABLE.matcher(Objects.requireNonNullElse(reason, "No reason is known.")).replaceAll("?");
        reason = plain.length() <= LONGEST_REASON ? plain : plain.substring(0, LONGEST_REASON) + "...";
    }

    /** A result without accounts. */
    public AccountResult(Outcome outcome, String reason) {
        this(outcome, reason, Map.of());
    }

    /** How a task ended. */
    public enum Outcome {
        /** The wanted state was reached, and checked on the machine. */
        DONE,
        /** No log-in: no connection, wrong credentials. Nothing was changed on the machine. */
        UNREACHABLE,
        /** Whoever answers at the machine's address has another SSH host key, so nothing was said to it. */
        HOST_KEY_CHANGED,
        /**
         * This name cannot be used on this machine, such as because it exists there. Nothing was changed, or all of it was
         * undone; other names can be used, and this name may be good on another machine.
         */
        REFUSED,
        /**
         * No account that is made on this machine now would be of use, such as because its SSH server lets no new user
         * in. Nothing is left of the one that was asked for. A probe tells it too.
         */
        UNUSABLE,
        /** The work could not be begun on our own side, such as for a full disk; the machine was not touched. */
        NOT_STARTED,
        /** The work broke off on our own side. The machine may be well; what is there now is uncertain. */
        RUN_LOST,
        /** The machine was reached and the work failed, or its end is not known. What is there now is uncertain. */
        FAILED
    }

    /** The result of work that reached its aim. */
    public static AccountResult done() {
        return new AccountResult(Outcome.DONE, "");
    }

    /** The result of a probe of a machine that works. */
    public static AccountResult found(Map<String, Long> accounts) {
        return new AccountResult(Outcome.DONE, "", accounts);
    }

    /** The result of a probe of a machine that answers, but on which no new account would be of use. */
    public static AccountResult unusable(String reason, Map<String, Long> accounts) {
        return new AccountResult(Outcome.UNUSABLE, reason, accounts);
    }

    /** Tells whether there was no log-in, so that nothing can have changed on the machine. */
    public boolean isUnreachable() {
        return outcome == Outcome.UNREACHABLE || outcome == Outcome.HOST_KEY_CHANGED;
    }

    /** Tells whether it was the machine, and nothing here and no name, that kept the work from its end. */
    public boolean isMachinesFault() {
        return switch (outcome) {
            case UNREACHABLE, HOST_KEY_CHANGED, UNUSABLE, FAILED -> true;
            case DONE, REFUSED, NOT_STARTED, RUN_LOST -> false;
        };
    }

    /** Tells whether it is certain that the work which was to make an account left nothing on the machine. */
    public boolean leavesNothing() {
        return outcome == Outcome.REFUSED || outcome == Outcome.NOT_STARTED;
    }

    /** Tells whether the wanted state was reached. */
    public boolean isDone() {
        return outcome == Outcome.DONE;
    }
}
