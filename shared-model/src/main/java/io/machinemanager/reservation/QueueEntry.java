package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

import io.machinemanager.reservation.AllocationRequest.Place;
import io.machinemanager.selector.Selector;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A request for machines, as far as the queue is concerned.
 *
 * @param requestId the request
 * @param ownerId the user who waits
 * @param count how many machines
 * @param minutes for how long
 * @param filter which machines
 * @param place its place in the order
 * @param waitsUntil until when it may queue; null when it does not
 * @param nextAttemptAt until when it is not tried again; null for no such time
 */
@RegisterForReflection // created by a query
record QueueEntry(long requestId, long ownerId, int count, int minutes, MachineFilter filter, Place place,
        Instant waitsUntil, Instant nextAttemptAt) {

    private static final String QUEUED = "select new io.machinemanager.reservation.QueueEntry(r.id, r.ownerId,"
            + " r.machineCount, r.durationMinutes, r.selector, r.machineNames, r.priority, r.waitsUntil,"
            + " r.nextAttemptAt) from Request r where r.queuedAt is not null order by r.priority desc, r.id";

    /** The constructor that the query calls. */
    QueueEntry(Long requestId, Long ownerId, int count, int minutes, String selector, String names, int priority,
            Instant waitsUntil, Instant nextAttemptAt) {
        this(requestId, ownerId, count, minutes,
                MachineFilter.of(selector, names == null ? List.of() : List.of(names.split(",")), ownerId),
                new Place(priority, requestId), waitsUntil, nextAttemptAt);
    }

    /** A part of a request that does not queue: so many machines. */
    static QueueEntry of(AllocationRequest request, int count) {
        return new QueueEntry(request.requestId(), request.requester().userId(), count, request.minutes(),
                request.filter(), request.place(), null, null);
    }

    /** The waiting requests, the one that is served first at the front. */
    static List<QueueEntry> queue() {
        return Request.getEntityManager().createQuery(QUEUED, QueueEntry.class).getResultList();
    }

    /** Tells whether it may be served now. */
    boolean isDue(Instant now) {
        return dueFrom(now).equals(now);
    }

    /** From when on it may be served: the given time or later. */
    Instant dueFrom(Instant earliest) {
        return nextAttemptAt == null || nextAttemptAt.isBefore(earliest) ? earliest : nextAttemptAt;
    }

    /** Tells whether it has had machines before, and went back to the queue. */
    boolean wasTried() {
        return nextAttemptAt != null;
    }

    /** Tells whether any machine will do. */
    boolean takesAny() {
        return filter.selector().equals(Selector.ALL) && filter.names().isEmpty();
    }
}
