package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.reservation.RequestOptions;

/**
 * A change of a request, for all of its machines.
 *
 * @param extendMinutes how many minutes later than now the end is to be
 * @param reservedUntil the new end
 * @param note the purpose; empty for none
 */
public record RequestChange(Integer extendMinutes, Instant reservedUntil, String note) {

    void check() {
        new FieldCheck().anyOf(List.of("extend_minutes", "reserved_until", "note"), extendMinutes, reservedUntil, note);
        RequestOptions.checkNote(note);
        if (movesEnd()) {
            end().check();
        }
    }

    boolean movesEnd() {
        return extendMinutes != null || reservedUntil != null;
    }

    EndChange end() {
        return new EndChange(null, reservedUntil, extendMinutes, null);
    }
}
