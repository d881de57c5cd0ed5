package io.machinemanager.reservation;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import io.machinemanager.error.ConflictException;

/**
 * Waits for the claim on a request. Accounts are mostly worked on for a second or two, by other calls and after probes; only
 * a replacement with a preparation takes longer.
 */
final class RequestClaims {

    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private RequestClaims() {
    }

    /**
     * Tries to claim a request until it succeeds.
     *
     * @param claim is one try; empty while another worker has the claim
     * @throws ConflictException when another worker has it for long
     */
    static <T> T await(Supplier<Optional<T>> claim) {
        long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
        while (true) {
            Optional<T> claimed = claim.get();
            if (claimed.isPresent()) {
                return claimed.get();
            }
            if (System.nanoTime() > deadline) {
                throw new ConflictException("The accounts of the request are worked on; try again soon.");
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
        }
    }
}
