package io.machinemanager.machine;

import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What keeps a machine from being lent although nobody has it. Each of the three comes and ends by itself, so that the end
 * of one never lifts another.
 *
 * @param unavailableUntil until when it sits out because there was no log-in; null while there is one
 * @param unavailableReason why there was none
 * @param pausedUntil until when it sits out because account work failed; null while that works
 * @param pausedReason why it failed
 * @param strayReason that an account of ours is on it which no reservation knows; null while none is known of
 */
public record Holds(Instant unavailableUntil, String unavailableReason, Instant pausedUntil, String pausedReason,
        String strayReason) {

    /** Tells whether there is nothing that keeps it from being lent. */
    public boolean isWell(Instant now) {
        return !isAfter(unavailableUntil, now) && !isAfter(pausedUntil, now) && strayReason == null;
    }

    /** All that keeps it from being lent, as sentences; nothing when it is well. */
    public Optional<String> reason(Instant now) {
        return isWell(now)
                ? Optional.empty()
                : Optional.of(Stream.of(isAfter(unavailableUntil, now) ? unavailableReason : "",
                        isAfter(pausedUntil, now) ? pausedReason : "", strayReason == null ? "" : strayReason)
                        .filter(reason -> !reason.isEmpty()).collect(Collectors.joining(" ")));
    }

    private static boolean isAfter(Instant end, Instant now) {
        return end != null && end.isAfter(now);
    }
}
