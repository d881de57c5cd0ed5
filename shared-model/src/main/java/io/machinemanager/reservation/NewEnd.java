package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;

import io.machinemanager.error.InvalidRequestException;

/** When a running reservation is to end instead. */
public sealed interface NewEnd {

    /**
     * So long after its start.
     *
     * @param minutes the whole duration, as it would have been given when reserving
     */
    record After(int minutes) implements NewEnd {
    }

    /** At this time. */
    record At(Instant time) implements NewEnd {
    }

    /**
     * The new end, if it is one that may be.
     *
     * @param start when the reservation began to run
     * @param now the database's time
     * @param maxMinutes the longest that a reservation may take from its start
     * @throws InvalidRequestException when it is not in the future, or beyond the maximum
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
