package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;

import io.machinemanager.error.InvalidRequestException;

/** The new end of a running reservation. */
public sealed interface NewEnd {

    /**
     * A duration from the start.
     *
     * @param minutes the whole duration, not the extension
     */
    record After(int minutes) implements NewEnd {
    }

    /** A time. */
    record At(Instant time) implements NewEnd {
    }

    /**
     * Returns the new end after checking it.
     *
     * @param start when the reservation started
     * @param now the database's time
     * @param maxMinutes the longest duration allowed, from the start
     * @throws InvalidRequestException when the new end is not in the future, or exceeds the maximum
     */
    default Instant checked(Instant start, Instant now, int maxMinutes) {
        Instant end = switch (this) {
            case After(int minutes) -> start.plus(Duration.ofMinutes(minutes));
            case At(Instant time) -> time;
        };
        if (!end.isAfter(now)) {
            throw new InvalidRequestException(
                    "The new end %s has passed; to give the machine back, delete the reservation."
                            .formatted(end));
        }
        Instant latest = start.plus(Duration.ofMinutes(maxMinutes));
        if (end.isAfter(latest)) {
            throw new InvalidRequestException(
                    "The new end is beyond the longest duration of %d minutes, which ends at %s."
                            .formatted(maxMinutes, latest));
        }
        return end;
    }
}
