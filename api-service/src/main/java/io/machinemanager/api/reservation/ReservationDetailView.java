package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationDetails;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.reservation.ReservationState;

/**
 * A reservation with its history.
 *
 * @param reservationId its id
 * @param username the account on the machine
 * @param owner the user who reserved
 * @param machine the machine's name
 * @param host where to log in; null once the machine was deleted
 * @param port the port of its sshd; null once the machine was deleted
 * @param state its state: provisioning, active, releasing, resetting or released
 * @param createdAt when the machine was allocated
 * @param durationMinutes the duration in minutes
 * @param reservedUntil the end
 * @param secondsRemaining the seconds until the end; 0 when the end has passed or the reservation is over
 * @param releaseCause why it ended
 * @param releasedAt when the machine was free again
 * @param failedRemovals how many attempts to remove the account have failed
 * @param failedResets how many attempts to reset the machine have failed
 * @param lastError the last error of the account work, or of the reset since it began
 * @param nextAttemptAt when the next attempt is due
 * @param history the events, oldest first
 */
public record ReservationDetailView(long reservationId, String username, String owner, String machine,
        @Schema(nullable = true) String host,
        @Schema(nullable = true) Integer port, String state, Instant createdAt, int durationMinutes,
        Instant reservedUntil,
        long secondsRemaining, @Schema(nullable = true) String releaseCause,
        @Schema(nullable = true) Instant releasedAt, int failedRemovals, int failedResets,
        @JsonInclude(Include.NON_NULL) String lastError, @JsonInclude(Include.NON_NULL) Instant nextAttemptAt,
        List<EventView> history) {

    /**
     * An event of a reservation.
     *
     * @param at when it happened
     * @param event what happened
     * @param detail more about it
     */
    public record EventView(Instant at, String event, @JsonInclude(Include.NON_NULL) String detail) {

        static EventView of(ReservationEvent event) {
            return new EventView(event.happenedAt, name(event.kind), event.detail);
        }
    }

    static ReservationDetailView of(ReservationDetails details) {
        Reservation row = details.reservation();
        Machine machine = row.machine;
        boolean running = row.state == ReservationState.PROVISIONING || row.state == ReservationState.ACTIVE;
        return new ReservationDetailView(row.id, row.account, row.ownerName, row.machineName,
                machine == null ? null : machine.host, machine == null ? null : machine.port, name(row.state),
                row.createdAt, row.durationMinutes, row.reservedUntil,
                running ? ReservationView.secondsRemaining(row.reservedUntil, details.at()) : 0,
                row.releaseCause == null ? null : name(row.releaseCause), row.releasedAt, row.attempts,
                row.failedResets, row.lastError,
                row.nextAttemptAt, history(details));
    }

    private static List<EventView> history(ReservationDetails details) {
        return Stream.concat(
                Optional.ofNullable(details.reservation().requestedAt).map(at -> new EventView(at, "requested", null))
                        .stream(),
                details.events().stream().map(EventView::of)).toList();
    }

    /** What counts for the {@code ETag}: not the seconds that pass. */
    ReservationDetailView forETag() {
        return new ReservationDetailView(reservationId, username, owner, machine, host, port, state, createdAt,
                durationMinutes, reservedUntil, 0, releaseCause, releasedAt, failedRemovals, failedResets, lastError,
                nextAttemptAt,
                history);
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
