package io.machinemanager.machine;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The reasons not to lend a machine that is not reserved. They are independent of each other: the end of one does not end
 * another.
 *
 * @param lastSeenAt when a log-in last worked; null for never, which is a reason
 * @param unavailableUntil until when it is not lent because a log-in failed; null for none
 * @param unavailableReason why the log-in failed
 * @param pausedUntil until when it is not lent because account work failed; null for none
 * @param pausedReason why the account work failed
 * @param unusableReason why a new account could not be used; null for none
 * @param duplicateReason which older machine is the same host; null for none
 * @param strayReason which stray accounts are on it; null for none
 */
public record MachineBlocks(Instant lastSeenAt, Instant unavailableUntil, String unavailableReason, Instant pausedUntil,
        String pausedReason, String unusableReason, String duplicateReason, String strayReason) {

    /** The reason for a machine on which no log-in has worked yet. */
    public static final String NEVER_SEEN = "No log-in there has worked yet; it is lent once one has.";

    /** Tells whether there is a reason not to lend the machine. */
    public boolean isBlocking(Instant now) {
        return reasons(now).findAny().isPresent();
    }

    /** The reasons, as sentences; empty when there is none. */
    public Optional<String> reason(Instant now) {
        return isBlocking(now)
                ? Optional.of(reasons(now).filter(reason -> !reason.isEmpty()).collect(Collectors.joining(" ")))
                : Optional.empty();
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
