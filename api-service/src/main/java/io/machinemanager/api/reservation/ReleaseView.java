package io.machinemanager.api.reservation;

import java.util.List;

import io.machinemanager.reservation.ReleaseReport;

/**
 * The result of releasing a machine.
 *
 * @param message the outcome in words
 * @param pending the machine's name if its account could not be removed yet
 */
public record ReleaseView(String message, List<String> pending) {

    static ReleaseView of(ReleaseReport report) {
        return new ReleaseView(report.pending().isEmpty() ? "released" : "still being removed", report.pending());
    }
}
