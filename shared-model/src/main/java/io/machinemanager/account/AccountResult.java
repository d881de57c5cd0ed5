package io.machinemanager.account;

import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The result of one {@link AccountTask}.
 *
 * @param outcome how it ended
 * @param reason one sentence for users and admins, without secrets; empty when done. It may quote the machine, so control
 *        characters are replaced, and it is cut to the length of the database columns for reasons
 * @param accounts the accounts of ours that a probe found, also those that are only partly removed, with the token of
 *        each; empty after other tasks
 * @param secondsLeft how many seconds the guard of the machine gives each of these accounts, negative after the end;
 *        without those that it does not know
 * @param facts what a probe found out about the machine, by name, such as {@code kernel}; the values are whatever the
 *        machine sent. Empty after other tasks
 */
public record AccountResult(Outcome outcome, String reason, Map<String, Long> accounts, Map<String, Long> secondsLeft,
        Map<String, String> facts) {

    private static final int MAX_REASON = 450;
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    public AccountResult {
        String plain = UNPRINTABLE.matcher(Objects.requireNonNullElse(reason, "No reason is known.")).replaceAll("?");
        reason = plain.length() <= MAX_REASON ? plain : plain.substring(0, MAX_REASON) + "...";
    }

    /** A result without accounts and facts. */
    public AccountResult(Outcome outcome, String reason) {
        this(outcome, reason, Map.of(), Map.of(), Map.of());
    }

    /** How a task ended. */
    public enum Outcome {
        /** The task is done, and the machine has verified it. */
        DONE,
        /** No log-in, such as for a refused connection or a wrong password. Nothing was changed on the machine. */
        UNREACHABLE,
        /** The server at the machine's address has another SSH host key. No password was sent to it. */
        HOST_KEY_CHANGED,
        /**
         * This name cannot be used on this machine, for example because it exists there. Nothing is left on the machine.
         * Another name, or another machine, may work. Or the account gets no new password, for the reason given; nothing was
         * changed.
         */
        REFUSED,
        /**
         * No new account on this machine would be of use now, for example because its SSH server lets no new user in.
         * Nothing is left on the machine. A probe has this outcome too.
         */
        UNUSABLE,
        /** The service could not start the work, for example on a full disk. The machine was not touched. */
        NOT_STARTED,
        /** The work was interrupted on the side of the service. The state of the account on the machine is unknown. */
        RUN_LOST,
        /** The work failed on the machine, or its end is not known. The state of the account on the machine is unknown. */
        FAILED
    }

    /** The result of a task that is done. */
    public static AccountResult done() {
        return new AccountResult(Outcome.DONE, "");
    }

    /** The result of a probe of a machine that works. */
    public static AccountResult found(Map<String, Long> accounts) {
        return new AccountResult(Outcome.DONE, "", accounts, Map.of(), Map.of());
    }

    /** The result of a probe of a machine that works, but on which no new account would be of use. */
    public static AccountResult unusable(String reason, Map<String, Long> accounts) {
        return new AccountResult(Outcome.UNUSABLE, reason, accounts, Map.of(), Map.of());
    }

    /** The same result of a probe, with what it found out about the machine. */
    public AccountResult withFacts(Map<String, String> found) {
        return new AccountResult(outcome, reason, accounts, secondsLeft, Map.copyOf(found));
    }

    /** The same result of a probe, with how many seconds the guard gives each account. */
    public AccountResult withSecondsLeft(Map<String, Long> left) {
        return new AccountResult(outcome, reason, accounts, Map.copyOf(left), facts);
    }

    /** The same result of work on an account that was made before: no outcome says that nothing is left on the machine. */
    public AccountResult ofAccountThatWasMade() {
        return switch (outcome) {
            case NOT_STARTED -> new AccountResult(Outcome.RUN_LOST, reason);
            case REFUSED -> new AccountResult(Outcome.FAILED, reason);
            default -> this;
        };
    }

    /** Whether there was no log-in, so that nothing was changed on the machine. */
    public boolean isUnreachable() {
        return outcome == Outcome.UNREACHABLE || outcome == Outcome.HOST_KEY_CHANGED;
    }

    /** Whether the machine is the cause of the failure, rather than the service or the name of the account. */
    public boolean isMachinesFault() {
        return switch (outcome) {
            case UNREACHABLE, HOST_KEY_CHANGED, UNUSABLE, FAILED -> true;
            case DONE, REFUSED, NOT_STARTED, RUN_LOST -> false;
        };
    }

    /** Whether work with this outcome certainly changed nothing on the machine. */
    public boolean leavesNothing() {
        return outcome == Outcome.REFUSED || outcome == Outcome.NOT_STARTED;
    }

    /** Whether the task is done. */
    public boolean isDone() {
        return outcome == Outcome.DONE;
    }
}
