package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;

/** The new end of a running reservation. */
public sealed interface NewEnd {

    /**
     * A duration from the start.
     *
     * @param minutes the whole duration, not the extension
     * @param mayShorten whether the end may become earlier than it is: people who give a duration mostly mean to extend
     */
    record After(int minutes, boolean mayShorten) implements NewEnd {

        /** A duration that does not make the end earlier. */
        public After(int minutes) {
            this(minutes, false);
        }
    }

    /**
     * A duration from the present end.
     *
     * @param minutes the extension
     */
    record Later(int minutes) implements NewEnd {
    }

    /** A time. */
    record At(Instant time) implements NewEnd {
    }

    /**
     * Returns the new end after checking it.
     *
     * @param start when the reservation started
     * @param current the present end
     * @param now the database's time
     * @param maxMinutes the longest duration allowed, from the start
     * @throws ConflictException when the end would become earlier and that was not said
     * @throws InvalidRequestException when the new end is not in the future, or exceeds the maximum
     */
    default Instant checked(Instant start, Instant current, Instant now, int maxMinutes) {
        Instant end = switch (this) {
            case After(int minutes, boolean mayShorten) -> start.plus(Duration.ofMinutes(minutes));
            case Later(int minutes) -> current.plus(Duration.ofMinutes(minutes));
            case At(Instant time) -> time;
        };
        if (!end.isAfter(now)) {
            throw new InvalidRequestException(
                    "The new end %s has passed; to give the machine back, delete the reservation."
                            .formatted(end));
        }
        if (this instanceof After(int minutes, boolean mayShorten) && !mayShorten && end.isBefore(current)) {
            throw new ConflictException(
                    ("The end would be %s, which is earlier than now: %s. Give extend_minutes to extend,"
                            + " or \"shorten\": true to shorten.").formatted(end, current),
                    Map.of("reserved_until", current));
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
