package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.reservation.NewEnd;
import io.machinemanager.reservation.RequestOptions;

/**
 * A change of a request, for all of its machines.
 *
 * @param extendMinutes how many minutes are added to the present end
 * @param reservedUntil the new end
 * @param note the purpose; empty for none
 */
public record RequestChange(Integer extendMinutes, Instant reservedUntil, String note) {

    private static final List<String> ENDS = List.of("extend_minutes", "reserved_until");

    void check() {
        new FieldCheck().anyOf(List.of("extend_minutes", "reserved_until", "note"), extendMinutes, reservedUntil, note);
        RequestOptions.checkNote(note);
        if (movesEnd()) {
            end().check(ENDS);
        }
    }

    private boolean movesEnd() {
        return extendMinutes != null || reservedUntil != null;
    }

    private EndChange end() {
        return new EndChange(null, reservedUntil, extendMinutes, null);
    }

    Optional<NewEnd> newEnd() {
        return movesEnd() ? Optional.of(end().toNewEnd()) : Optional.empty();
    }
}
