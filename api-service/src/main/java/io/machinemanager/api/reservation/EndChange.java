package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.reservation.NewEnd;

/**
 * A new end, given in one of three ways.
 *
 * @param durationMinutes the new duration in minutes, counted from the start
 * @param reservedUntil the new end
 * @param extendMinutes how many minutes are added to the present end
 * @param shorten whether {@code durationMinutes} may make the end earlier than it is
 */
public record EndChange(Integer durationMinutes, Instant reservedUntil, Integer extendMinutes, Boolean shorten) {

    static final List<String> FIELDS = List.of("duration_minutes", "reserved_until", "extend_minutes");

    void check() {
        check(FIELDS);
    }

    /**
     * Checks the values.
     *
     * @param fields the fields that the caller may give
     */
    void check(List<String> fields) {
        new FieldCheck().anyOf(fields, durationMinutes, reservedUntil, extendMinutes)
                .optional("extend_minutes", extendMinutes, EndChange::problemWithExtension).orThrow();
        if (Stream.of(durationMinutes, reservedUntil, extendMinutes).filter(Objects::nonNull).count() > 1) {
            throw new InvalidRequestException("Give only one of these: %s.".formatted(String.join(", ", fields)),
                    fields);
        }
    }

    private static Optional<String> problemWithExtension(int minutes) {
        return minutes < 1 ? Optional.of("extend_minutes must be at least 1.") : Optional.empty();
    }

    NewEnd toNewEnd() {
        if (extendMinutes != null) {
            return new NewEnd.Later(extendMinutes);
        }
        return reservedUntil == null
                ? new NewEnd.After(durationMinutes, Boolean.TRUE.equals(shorten))
                : new NewEnd.At(reservedUntil);
    }
}
