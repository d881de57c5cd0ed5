package io.machinemanager.testing;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.machinemanager.probe.ProbeService;
import io.machinemanager.reservation.RemovalBatch;
import io.machinemanager.reservation.ReservationService;

/** Runs the work of the scheduler's jobs at once and to its end. */
public final class Scheduled {

    private Scheduled() {
    }

    /**
     * Claims removals that are due, and does them.
     *
     * @param limit the most that are claimed
     * @return how many were claimed
     */
    public static int cleanUp(ReservationService reservations, int limit) {
        RemovalBatch due = reservations.claimDue(limit);
        due.finish(() -> {
        });
        return due.size();
    }

    /**
     * Probes machines that are due.
     *
     * @param limit how many at the most
     * @return how many were probed
     */
    public static int probe(ProbeService probes, int limit) {
        List<CompletableFuture<Void>> probed = probes.probeDue(limit);
        probed.forEach(CompletableFuture::join);
        return probed.size();
    }
}
