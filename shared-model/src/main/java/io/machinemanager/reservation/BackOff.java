package io.machinemanager.reservation;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * Exponential back-off with jitter: the pause doubles from the first to the longest, and each is shortened by up to half at
 * random, so that tries that failed together do not repeat together.
 *
 * @param first the pause after the first failure
 * @param longest the longest pause
 * @param random gives numbers from 0 (inclusive) to 1 (exclusive)
 */
record BackOff(Duration first, Duration longest, DoubleSupplier random) {

    /** A back-off with random jitter. */
    static BackOff between(Duration first, Duration longest) {
        return new BackOff(first, longest, () -> ThreadLocalRandom.current().nextDouble());
    }

    /** The back-off between removals. */
    static BackOff ofRemovals(ReservationConfig config) {
        return between(config.retryFirst(), config.retryLongest());
    }

    /**
     * The pause before the next try.
     *
     * @param failures how many tries have failed in a row, at least 1
     * @return between a half and the whole of {@code min(longest, first * 2^(failures - 1))}
     */
    Duration after(int failures) {
        double whole = Math.min(longest.toMillis(), first.toMillis() * Math.pow(2, failures - 1.0));
        return Duration.ofMillis((long) (whole * (1 - random.getAsDouble() / 2)));
    }
}
