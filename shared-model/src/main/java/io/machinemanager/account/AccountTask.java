package io.machinemanager.account;

import java.util.Optional;

/**
 * One piece of work on one machine.
 *
 * @param target the machine and how to log in to it
 * @param action what to do
 * @param account the account's name, {@code ^[a-z_][a-z0-9_-]{0,31}$}
 * @param token the fencing token of the reservation: a number from 1 to 999,999,999,999,999,999 that grows from one
 *        reservation of a machine to the next. It is part of the ownership mark of the account. A machine that has removed
 *        an account with a token refuses to make one with that token or a lower one, so that a late worker cannot leave an
 *        account behind
 * @param login how the user logs in to the account; for {@link Action#PASSWORD} only its password hash counts; null for
 *        other actions than these and {@link Action#CREATE}
 * @param end when access ends, for {@link Action#CREATE} and {@link Action#END}; empty for no end, and for other actions
 */
public record AccountTask(Target target, Action action, String account, long token, AccountLogin login,
        Optional<AccountEnd> end) {

    /** What a task does to the account. */
    public enum Action {
        /** Makes the account; refused when the name exists and is not this reservation's. Repeating it is harmless. */
        CREATE,
        /**
         * Gives a ready account of this reservation a new password, and changes nothing else of it. Refused when there is no
         * such account, when it is not this reservation's, and when the machine takes no passwords. Repeating it is
         * harmless.
         */
        PASSWORD,
        /**
         * Gives a ready account of this reservation another end, by which the guard of the machine goes from then on, or
         * none. Starts the guard where it does not run, and opens a closed account. Refused when there is no such account,
         * and when it is not this reservation's. Repeating it is harmless.
         */
        END,
        /** Kills all processes of the account, removes it and verifies that it is gone. Repeating it is harmless. */
        REMOVE,
        /** Logs in and lists our accounts on the machine; changes nothing. Account and token are ignored. */
        PROBE
    }

    /** A task without an end. */
    public AccountTask(Target target, Action action, String account, long token, AccountLogin login) {
        this(target, action, account, token, login, Optional.empty());
    }

    /** A task that shows whether a machine works, and which accounts of ours are on it. */
    public static AccountTask probe(Target target) {
        return new AccountTask(target, Action.PROBE, "probe", 1, null);
    }

    /**
     * A task that gives the account of a reservation a new password.
     *
     * @param passwordHash the crypt hash of the new password, see {@link AccountPassword#hash}
     */
    public static AccountTask newPassword(Target target, String account, long token, String passwordHash) {
        return new AccountTask(target, Action.PASSWORD, account, token, new AccountLogin(passwordHash, null, false));
    }

    @Override
    public String toString() {
        return (action == Action.PROBE ? action.name() : action + " " + account) + " on " + target.machine();
    }
}
