package io.machinemanager.reservation;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import jakarta.enterprise.context.ApplicationScoped;

/** Serves the queue. Do not call it inside a transaction. */
@ApplicationScoped
public class QueueService {

    private final DispatchStore store;
    private final ReservationService reservations;

    QueueService(DispatchStore store, ReservationService reservations) {
        this.store = store;
        this.reservations = reservations;
    }

    /**
     * The state of the queue, for those who decide whether to dispatch.
     *
     * @param isAnyWaiting whether a request waits
     * @param signals grows when machines may have become free
     */
    public record State(boolean isAnyWaiting, long signals) {
    }

    /** Reads the state, which is cheap. */
    public State state() {
        return store.state();
    }

    /**
     * Allocates machines to waiting requests that can be served now, and starts to make their accounts.
     *
     * @param limit how many requests at most
     * @return a future for each request, completed when its accounts are made or it was given up
     */
    public List<CompletableFuture<Void>> dispatch(int limit) {
        return store.assign(limit).stream()
                .map(work -> CompletableFuture.runAsync(() -> reservations.serve(work), AccountWorker.EXECUTOR))
                .toList();
    }

    /** Ends the requests that have waited long enough, which is cheap. */
    public void endOverdue() {
        store.endOverdue();
    }

    /** Ends the requests for which too few machines are left, however long they wait. */
    public void endUnmatched() {
        store.endUnmatched();
    }

    /**
     * How long the queue is.
     *
     * @param waiting how many requests wait
     * @param firstWaited how long the first in line has waited; zero when none waits
     */
    public record Length(long waiting, Duration firstWaited) {
    }

    /** Counts the waiting requests. */
    public Length length() {
        return store.length();
    }
}
