package io.machinemanager.testing;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.machinemanager.probe.ProbeService;
import io.machinemanager.reservation.RemovalBatch;
import io.machinemanager.reservation.ReservationService;

/** What the scheduler does by itself, done now and to its end. */
public final class Scheduled {

    private Scheduled() {
    }

    /**
     * Takes up removals that are due, and does them.
     *
     * @param limit the most that is taken up
     * @return how many were taken up
     */
    public static int cleanUp(ReservationService reservations, int limit) {
        RemovalBatch due = reservations.claimDue(limit);
        due.finish(() -> {
        });
        return due.size();
    }

    /**
     * Looks at machines whose turn it is.
     *
     * @param limit how many at the most
     * @return how many were looked at
     */
    public static int probe(ProbeService probes, int limit) {
        List<CompletableFuture<Void>> looks = probes.probeDue(limit);
        looks.forEach(CompletableFuture::join);
        return looks.size();
    }
}
