package io.machinemanager.machine;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What keeps a machine from being lent although nobody has it. Each of these comes and ends by itself, so that the end of
 * one never lifts another.
 *
 * @param lastSeenAt when a log-in last worked; null before the first time, until which it is not lent
 * @param unavailableUntil until when it sits out because there was no log-in; null while there is one
 * @param unavailableReason why there was none
 * @param pausedUntil until when it sits out because account work failed; null while that works
 * @param pausedReason why it failed
 * @param unusableReason why no new account on it would be of use; null while one would
 * @param duplicateReason that an older machine is the same host; null while none is known to be
 * @param strayReason that an account of ours is on it which no reservation knows; null while none is known of
 */
public record MachineBlocks(Instant lastSeenAt, Instant unavailableUntil, String unavailableReason, Instant pausedUntil,
        String pausedReason, String unusableReason, String duplicateReason, String strayReason) {

    /** Why a machine is not lent that was registered a moment ago, or that never answered. */
    public static final String NEVER_SEEN = "No log-in there has worked yet; it is lent once one has.";

    /** Tells whether there is nothing that keeps it from being lent. */
    public boolean isWell(Instant now) {
        return reasons(now).findAny().isEmpty();
    }

    /** All that keeps it from being lent, as sentences; nothing when it is well. */
    public Optional<String> reason(Instant now) {
        return isWell(now)
                ? Optional.empty()
                : Optional.of(reasons(now).filter(reason -> !reason.isEmpty()).collect(Collectors.joining(" ")));
    }

    private Stream<String> reasons(Instant now) {
        return Stream.of(lastSeenAt == null ? NEVER_SEEN : null, during(unavailableUntil, unavailableReason, now),
                during(pausedUntil, pausedReason, now), unusableReason, duplicateReason, strayReason)
                .filter(Objects::nonNull);
    }

    private static String during(Instant end, String reason, Instant now) {
        return isAfter(end, now) ? Objects.requireNonNullElse(reason, "") : null;
    }

    private static boolean isAfter(Instant end, Instant now) {
        return end != null && end.isAfter(now);
    }
}
