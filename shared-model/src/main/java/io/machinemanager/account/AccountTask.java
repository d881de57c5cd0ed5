package io.machinemanager.account;

/**
 * One piece of work on one machine.
 *
 * @param target the machine and how to log in to it
 * @param action what is wanted
 * @param account the account's name, {@code ^[a-z_][a-z0-9_-]{0,31}$}
 * @param token the fencing token of the reservation: a positive number that grows from one reservation of a machine to
 *        the next. It is part of the ownership mark of the account, and a machine that has cleaned up after a token
 *        refuses to make an account for that token or an older one, so that a late worker cannot leave one behind
 * @param login what the borrower gets; null unless the account is to be made
 */
public record AccountTask(Target target, Action action, String account, long token, AccountLogin login) {

    /** What a task does to the account. */
    public enum Action {
        /** Makes the account; refused when the name exists and is not this reservation's. Repeating it is harmless. */
        CREATE,
        /** Ends everything that runs under the account, removes it and verifies that it is gone. Repeating it is harmless. */
        REMOVE,
        /** Logs in and tells which accounts of ours are there; changes nothing. The account's name and token do not count. */
        PROBE
    }

    /** The task of looking whether a machine works, and what is on it. */
    public static AccountTask probe(Target target) {
        return new AccountTask(target, Action.PROBE, "probe", 1, null);
    }

    @Override
    public String toString() {
        return (action == Action.PROBE ? action.name() : action + " " + account) + " on " + target.machine();
    }
}
