package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.reservation.NewEnd;

/**
 * A new end for a reservation, given in one of two ways.
 *
 * @param durationMinutes the new duration in minutes, counted from the start
 * @param reservedUntil the new end
 */
public record EndChange(Integer durationMinutes, Instant reservedUntil) {

    private static final List<String> FIELDS = List.of("duration_minutes", "reserved_until");

    void check() {
        new FieldCheck().anyOf(FIELDS, durationMinutes, reservedUntil);
        if (durationMinutes != null && reservedUntil != null) {
            throw new InvalidRequestException("Give either duration_minutes or reserved_until.", FIELDS);
        }
    }

    NewEnd toNewEnd() {
        return reservedUntil == null ? new NewEnd.After(durationMinutes) : new NewEnd.At(reservedUntil);
    }
}
