package io.machinemanager.testing;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.machinemanager.probe.ProbeService;
import io.machinemanager.reservation.RemovalBatch;
import io.machinemanager.reservation.ReservationService;

/** Runs jobs of the scheduler now, and waits for their end. */
public final class Scheduled {

    private Scheduled() {
    }

    /**
     * Does the removals that are due.
     *
     * @param limit how many at most
     * @return how many were claimed
     */
    public static int cleanUp(ReservationService reservations, int limit) {
        RemovalBatch due = reservations.claimDue(limit);
        due.finish(() -> {
        });
        return due.size();
    }

    /**
     * Probes the machines that are due.
     *
     * @param limit how many at most
     * @return how many were probed
     */
    public static int probe(ProbeService probes, int limit) {
        List<CompletableFuture<Void>> probed = probes.probeDue(limit);
        probed.forEach(CompletableFuture::join);
        return probed.size();
    }
}
