package io.machinemanager.account;

import java.time.Duration;

/**
 * Within which bounds the account script works.
 *
 * @param time how long the caller waits for the answer, in whole seconds
 * @param firstUid the least number that an account gets, at least 1000
 * @param lastUid the greatest
 */
public record ScriptLimits(Duration time, int firstUid, int lastUid) {

    /** The bounds for a run that may take so long. */
    public static ScriptLimits of(AccountConfig config, Duration runTimeout) {
        return new ScriptLimits(AccountScript.shareOf(runTimeout), config.uidFirst(), config.uidLast());
    }
}
