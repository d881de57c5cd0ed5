package io.machinemanager.account;

import java.time.Duration;

/**
 * The limits that the account script gets.
 *
 * @param time how long the script may assume that its caller waits for the answer, in whole seconds
 * @param firstUid the lowest uid for accounts, at least 1000
 * @param lastUid the highest uid for accounts
 */
public record ScriptLimits(Duration time, int firstUid, int lastUid) {

    /** The limits for a run with this time limit. */
    public static ScriptLimits of(AccountConfig config, Duration runTimeout) {
        return new ScriptLimits(AccountScript.timeLimitWithin(runTimeout), config.uidFirst(), config.uidLast());
    }
}
