package io.machinemanager.account;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * When access to an account ends. The machine gets it with the account, so that its guard can end access by itself when
 * this service cannot.
 *
 * @param until the end, by the database's clock; shown to the user
 * @param deadline the same end on the clock of {@link System#nanoTime()}; the machine gets the seconds that are left at the
 *        moment when they are sent, since no two clocks agree
 * @param requestId the request, by which the user can extend the time
 * @param grace how long after the end the guard waits before it ends access
 * @param warnings how long before the end the guard warns the user, each
 */
public record AccountEnd(Instant until, long deadline, long requestId, Duration grace, List<Duration> warnings) {

    private static final Duration LONGEST = Duration.ofSeconds(999_999_999);
    private static final DateTimeFormatter TEXT = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'")
            .withZone(ZoneOffset.UTC);

    /**
     * An end with the guard's settings. One that is too far away for a guard becomes earlier.
     *
     * @param now the database's time
     */
    public static AccountEnd of(Instant until, Instant now, long requestId, GuardConfig config) {
        Duration left = atMostLongest(Duration.between(now, until));
        return new AccountEnd(now.plus(left), System.nanoTime() + left.toNanos(), requestId, config.grace(),
                config.warnBefore().orElse(List.of()));
    }

    /** A guard counts at most so long, which is some 30 years. */
    public static Duration atMostLongest(Duration left) {
        return left.compareTo(LONGEST) < 0 ? left : LONGEST;
    }

    /** Whether the end has passed. */
    public boolean isOver() {
        return secondsLeft() == 0;
    }

    /** How many seconds are left, rounded up; 0 when the end has passed. */
    long secondsLeft() {
        long left = deadline - System.nanoTime();
        return Math.max(0, Math.ceilDiv(left, 1_000_000_000L));
    }

    /** The lines that the account script reads: the seconds left, the text of the end, the request, the grace and the warnings. */
    List<String> lines() {
        return List.of(Long.toString(secondsLeft()), TEXT.format(until), Long.toString(requestId),
                Long.toString(grace.toSeconds()),
                warnings.stream().map(warning -> Long.toString(warning.toSeconds())).collect(Collectors.joining(",")));
    }
}
