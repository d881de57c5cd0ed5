package io.machinemanager.reservation;

import java.util.List;

/**
 * What came of releasing machines.
 *
 * @param released how many are verified clean and free
 * @param pending the names of those whose account could not be removed yet; the scheduler goes on trying
 */
public record ReleaseReport(int released, List<String> pending) {

    /** Tells whether there was anything to release. */
    public boolean isEmpty() {
        return released == 0 && pending.isEmpty();
    }
}
