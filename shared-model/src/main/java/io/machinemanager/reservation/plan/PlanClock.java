package io.machinemanager.reservation.plan;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Counts microseconds from now, which is the database's precision. What is beyond 31,000 years is never. */
record PlanClock(Instant now) {

    /** Later than all times; two of them do not overflow. */
    static final long NEVER = Long.MAX_VALUE / 2;

    private static final long FARTHEST_SECONDS = 1_000_000_000_000L;

    /** The time until then; 0 when it is not after now. */
    long until(Instant then) {
        long seconds = then.getEpochSecond() - now.getEpochSecond();
        if (seconds < 0) {
            return 0;
        }
        return seconds > FARTHEST_SECONDS
                ? NEVER
                : Math.max(0, seconds * 1_000_000 + then.getNano() / 1_000 - now.getNano() / 1_000);
    }

    /** The length, rounded up. */
    static long length(Duration duration) {
        return Math.min(duration.getSeconds(), FARTHEST_SECONDS) * 1_000_000 + (duration.getNano() + 999) / 1_000;
    }

    Instant at(long time) {
        return now.truncatedTo(ChronoUnit.MICROS).plus(time, ChronoUnit.MICROS);
    }
}
