package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.reservation.RequestSummary;

/**
 * A request in a list.
 *
 * @param requestId its id
 * @param state its state
 * @param owner the user who made it
 * @param username the account on its machines
 * @param count how many machines
 * @param durationMinutes for how many minutes
 * @param selector the labels that the machines must have
 * @param wantedMachines the names of the wanted machines
 * @param note the purpose
 * @param createdAt when it was made
 * @param waitsUntil until when it may queue
 * @param reason why it ended, other than by its time
 * @param reservedUntil the latest end of its machines
 */
@JsonInclude(Include.NON_NULL)
public record RequestSummaryView(long requestId, String state, String owner, String username, int count,
        int durationMinutes, String selector, List<String> wantedMachines, String note, Instant createdAt,
        Instant waitsUntil, String reason, Instant reservedUntil) {

    static RequestSummaryView of(RequestSummary request) {
        return new RequestSummaryView(request.id(), RequestView.name(request.state()), request.ownerName(),
                request.account(), request.count(), request.minutes(), request.selector(),
                request.machineNames() == null ? null : List.of(request.machineNames().split(",")), request.note(),
                request.createdAt(), request.waitsUntil(), request.endReason(), request.reservedUntil());
    }
}
