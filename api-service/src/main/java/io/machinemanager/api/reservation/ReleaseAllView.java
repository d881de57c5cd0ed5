package io.machinemanager.api.reservation;

import java.util.List;

import io.machinemanager.reservation.ReleaseReport;

/**
 * The result of releasing all machines.
 *
 * @param message the outcome in words
 * @param released the number of machines whose account is verified gone; one that is reset then is not free yet
 * @param pending the names of the machines whose account could not be removed yet
 */
public record ReleaseAllView(String message, int released, List<String> pending) {

    static ReleaseAllView of(ReleaseReport report) {
        return new ReleaseAllView(message(report), report.released(), report.pending());
    }

    private static String message(ReleaseReport report) {
        if (report.isEmpty()) {
            return "No machines to release.";
        }
        return report.pending().isEmpty()
                ? "All machines released"
                : "Not all machines could be released yet; the others are still being tried";
    }
}
