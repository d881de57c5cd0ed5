package io.machinemanager.reservation;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.quarkus.logging.Log;

/** Renews a claim while the work under it lasts. */
final class ClaimRenewals {

    /** Is told of each renewal. */
    interface Listener {

        /** @param kept whether the claim was renewed; false when it was lost */
        void renewed(boolean kept);
    }

    private ClaimRenewals() {
    }

    /**
     * Waits for work.
     *
     * @param renewal how often to renew
     * @param renew renews the claim. A failure is only logged: the work goes on, and its result can be recorded when the
     *        database is back
     * @throws IllegalStateException when the work fails, or the thread is interrupted
     */
    static void await(CompletableFuture<?> work, Duration renewal, Runnable renew) {
        while (true) {
            try {
                work.get(renewal.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                attempt(renew);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted during work on machines", e);
            }
        }
    }

    /** Renews once. */
    static void attempt(Runnable renew) {
        try {
            renew.run();
        } catch (RuntimeException e) {
            Log.warnf("A claim could not be renewed: %s", e.getMessage());
        }
    }
}
