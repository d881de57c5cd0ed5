package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** Something that happened to a request or to one of its reservations. */
@Entity
@Table(name = "reservation_events")
public class ReservationEvent extends PanacheEntityBase {

    /** What can happen to a request, up to {@link #FAILED}, and to a reservation. */
    public enum Kind {
        /** The request waits in the queue; the detail says why it came back there. */
        QUEUED,
        /** All accounts are made. */
        SERVED,
        /** All accounts of the request are gone. */
        ENDED,
        /** The request was taken back before it was served. */
        CANCELLED,
        /** The request waited in vain or was not kept alive, as the detail says. */
        LAPSED,
        /** The accounts could not be made; the detail says why. */
        FAILED,
        /** A machine was allocated. */
        ALLOCATED,
        /** The account is made, as on all other machines of the request, and the user's time has started. */
        ACCOUNT_MADE,
        /** The account could not be made; the detail says why. */
        ACCOUNT_FAILED,
        /** The end was moved; the detail says to when. */
        EXTENDED,
        /** The machine did not answer any more; the detail names the reservation that replaces this one. */
        REPLACED,
        /** This reservation replaces another one, which the detail names. */
        REPLACES,
        /** The release started; the detail says why. */
        RELEASE_STARTED,
        /** A removal failed; the detail says why. */
        REMOVAL_FAILED,
        /** The worker that removed the account died, and another one has taken over. */
        REMOVAL_TAKEN_OVER,
        /** No entry, no process, no home, no sudo rule: verified on the machine. */
        VERIFIED_GONE,
        /** The machine was reset, and works. */
        RESET_DONE,
        /** A reset failed; the detail says why. */
        RESET_FAILED,
        /** The worker that reset the machine died, and another one has taken over. */
        RESET_TAKEN_OVER,
        /** Nothing was changed on the machine, so nothing had to be removed. */
        NOTHING_MADE,
        /** An admin deleted the machine by force; the detail says what may be left there, or was not done. */
        ABANDONED
    }

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public Long requestId;

    /** Null when it happened to the request as a whole. */
    public Long reservationId;

    public Instant happenedAt;

    @Enumerated(EnumType.STRING)
    @Column(length = 24)
    public Kind kind;

    @Column(length = 500)
    public String detail;

    /** Stores an event in the caller's transaction. */
    public static void record(Reservation reservation, Instant at, Kind kind, String detail) {
        record(reservation.requestId, reservation.id, at, kind, detail);
    }

    /** Stores an event of a request as a whole in the caller's transaction. */
    static void record(Request request, Instant at, Kind kind, String detail) {
        record(request.id, null, at, kind, detail);
    }

    private static void record(Long requestId, Long reservationId, Instant at, Kind kind, String detail) {
        ReservationEvent event = new ReservationEvent();
        event.requestId = requestId;
        event.reservationId = reservationId;
        event.happenedAt = at;
        event.kind = kind;
        event.detail = detail;
        event.persist();
    }

    /** How many times a request went to the queue, or back to it. */
    static int timesQueued(long requestId) {
        return (int) count("requestId = ?1 and kind = QUEUED", requestId);
    }

    /** The history of a request and its reservations, oldest first. */
    static List<ReservationEvent> ofRequest(long requestId) {
        return list("requestId = ?1 order by id", requestId);
    }

    /** The history of a reservation, oldest first. */
    public static List<ReservationEvent> of(long reservationId) {
        return list("reservationId = ?1 order by id", reservationId);
    }
}
