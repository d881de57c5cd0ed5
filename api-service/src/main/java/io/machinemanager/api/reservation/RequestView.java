package io.machinemanager.api.reservation;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.reservation.Request;
import io.machinemanager.reservation.RequestDetails;
import io.machinemanager.reservation.RequestOptions;
import io.machinemanager.reservation.RequestState;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.reservation.WaitOutlook;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A request with its machines and its history.
 *
 * @param requestId its id
 * @param state its state: queued, provisioning, active, ended, cancelled, lapsed or failed
 * @param owner the user who made it
 * @param username the account on its machines
 * @param count how many machines
 * @param durationMinutes for how many minutes
 * @param selector the labels that the machines must have
 * @param wantedMachines the names of the wanted machines
 * @param note the purpose
 * @param group the group that it is charged to, if the requester named one
 * @param priority requests with a higher one are served first
 * @param createdAt when it was made
 * @param waitsUntil until when it may queue
 * @param position 1 when it is next; only while it is queued
 * @param reason what it waits for, or why it ended, as a sentence
 * @param expectedAt when it is served if nothing else happens, if that is known; only while it is queued
 * @param startedAt when its accounts were made
 * @param reservedUntil the latest end of its machines
 * @param endedAt when it was over
 * @param keepaliveMinutes it ends when it is not kept alive for so many minutes
 * @param keepaliveUntil when it ends without a further keepalive
 * @param machines its machines; without those that were given back, while it is not over
 * @param reservationPassword the generated password, once, when the request has waited and is active
 * @param history what happened to it, the oldest first
 */
@RegisterForReflection // returned in an untyped response
@JsonInclude(Include.NON_NULL)
public record RequestView(long requestId, String state, String owner, String username, int count, int durationMinutes,
        String selector, List<String> wantedMachines, String note, String group, int priority, Instant createdAt,
        Instant waitsUntil, Integer position, String reason, Instant expectedAt, Instant startedAt,
        Instant reservedUntil, Instant endedAt,
        Integer keepaliveMinutes, Instant keepaliveUntil, List<MachineOfRequest> machines, String reservationPassword,
        List<EventOfRequest> history) {

    /**
     * One of the machines.
     *
     * @param machine its name
     * @param host where to log in; null once the machine was deleted
     * @param port the port of its sshd; null once the machine was deleted
     * @param reservationId the reservation of this machine
     * @param state provisioning, active, releasing, resetting or released
     * @param reservedUntil the end
     */
    @RegisterForReflection
    public record MachineOfRequest(String machine, @Schema(nullable = true) String host,
            @Schema(nullable = true) Integer port, long reservationId, String state, Instant reservedUntil) {

        private static MachineOfRequest of(Reservation row) {
            return new MachineOfRequest(row.machineName, row.machine == null ? null : row.machine.host,
                    row.machine == null ? null : row.machine.port, row.id, name(row.state), row.reservedUntil);
        }
    }

    /**
     * An event of a request or of one of its machines.
     *
     * @param at when it happened
     * @param event what happened
     * @param machine to which machine; null when to the request as a whole
     * @param detail more about it
     */
    @RegisterForReflection
    @JsonInclude(Include.NON_NULL)
    public record EventOfRequest(Instant at, String event, String machine, String detail) {
    }

    static RequestView of(RequestDetails details) {
        Request request = details.request();
        WaitOutlook outlook = details.outlook();
        List<Reservation> shown = details.reservations().stream().filter(row -> isShown(request, row)).toList();
        return new RequestView(request.id, name(request.state), request.ownerName, request.account,
                request.machineCount, request.durationMinutes, request.selector,
                request.names().isEmpty() ? null : request.names(), request.note, request.groupName, request.priority,
                request.createdAt,
                request.waitsUntil, outlook == null ? null : outlook.position(),
                outlook == null ? request.endReason : outlook.reason(), outlook == null ? null : outlook.expectedAt(),
                request.startedAt,
                shown.stream().map(row -> row.reservedUntil).max(Instant::compareTo).orElse(null), request.endedAt,
                request.keepaliveMinutes, request.keepaliveUntil, shown.stream().map(MachineOfRequest::of).toList(),
                null, history(details));
    }

    /** While the request is not over, and when it was served, a machine whose account could not be made is not one of its. */
    private static boolean isShown(Request request, Reservation row) {
        boolean open = request.state.isOpen();
        boolean failed = row.startedAt == null && row.state != ReservationState.PROVISIONING;
        return failed ? !open && request.startedAt == null : !open || row.state != ReservationState.RELEASED;
    }

    private static List<EventOfRequest> history(RequestDetails details) {
        Map<Long, String> machines = details.reservations().stream()
                .collect(Collectors.toMap(row -> row.id, row -> row.machineName));
        return details.events().stream().map(event -> of(event, machines)).toList();
    }

    private static EventOfRequest of(ReservationEvent event, Map<Long, String> machines) {
        return new EventOfRequest(event.happenedAt, name(event.kind),
                event.reservationId == null ? null : machines.get(event.reservationId), event.detail);
    }

    /**
     * What the call says of a request that was accepted and cannot be looked at now: without its place and history, and as
     * queued although it may be served by now.
     */
    static RequestView accepted(long id, ReservationSpec spec) {
        RequestOptions options = spec.options();
        return new RequestView(id, name(RequestState.QUEUED), spec.requester().name(), spec.account(), spec.count(),
                spec.minutes(), options.selector(), options.machines().isEmpty() ? null : options.machines(),
                options.note(),
                options.group(), 0, null, null, null, null, null, null, null, null, options.keepaliveMinutes(), null,
                List.of(), null, List.of());
    }

    /** The same with the generated password. */
    RequestView withPassword(String password) {
        return new RequestView(requestId, state, owner, username, count, durationMinutes, selector, wantedMachines,
                note, group, priority, createdAt, waitsUntil, position, reason, expectedAt, startedAt, reservedUntil,
                endedAt,
                keepaliveMinutes, keepaliveUntil, machines, password, history);
    }

    /** What an ETag is made of: all but the password and what follows from the rest of the queue. */
    String content() {
        return Arrays.asList(requestId, state, owner, username, count, durationMinutes, selector, wantedMachines, note,
                group,
                priority, createdAt, waitsUntil, startedAt, reservedUntil, endedAt, keepaliveMinutes, keepaliveUntil,
                machines,
                history).toString();
    }

    /** Tells whether the accounts were made. */
    boolean served() {
        return startedAt != null;
    }

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "request " + requestId + " " + state;
    }
}
