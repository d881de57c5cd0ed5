package io.machinemanager.reservation;

import java.util.List;

/**
 * The result of a release.
 *
 * @param released how many accounts are verified gone. A machine that is reset is not free yet
 * @param pending the names of the machines whose account is not removed yet; the scheduler tries again
 */
public record ReleaseReport(int released, List<String> pending) {

    /** Tells whether there was nothing to release. */
    public boolean isEmpty() {
        return released == 0 && pending.isEmpty();
    }
}
