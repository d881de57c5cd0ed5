package io.machinemanager.probe;

import java.time.Duration;

import io.machinemanager.account.AccountEnd;
import io.machinemanager.account.AccountScript;
import io.machinemanager.account.GuardConfig;
import io.machinemanager.probe.ProbeVerdict.Answered;

/**
 * Decides whether a machine has to be given the end of an account again: its guard does not run, is older than this
 * version, or goes by another end. That happens after a reboot without cron and systemd, when a user with sudo killed the
 * guard, after an update, when a backup of the database was restored, and when making accounts took long.
 */
final class GuardCheck {

    private static final Duration LARGEST_DIFFERENCE = Duration.ofSeconds(30);
    private static final long VERSION = AccountScript.guardVersion();

    private GuardCheck() {
    }

    /**
     * Checks one account.
     *
     * @param probed what the probe found
     * @param account the name of a running account
     * @param left the time until its end, by the database
     */
    static boolean needsEnd(Answered probed, String account, Duration left, GuardConfig config) {
        Long seconds = probed.secondsLeft().get(account);
        if (!config.enabled()) {
            return seconds != null;
        }
        Long guard = probed.facts().guard();
        return seconds == null || guard == null || guard < VERSION
                || AccountEnd.atMostLongest(left).minusSeconds(seconds).abs().compareTo(largestDifference(config)) > 0;
    }

    /** Half of the grace, so that no guard ends access before the end. */
    private static Duration largestDifference(GuardConfig config) {
        Duration half = config.grace().dividedBy(2);
        return half.compareTo(LARGEST_DIFFERENCE) < 0 ? half : LARGEST_DIFFERENCE;
    }
}
