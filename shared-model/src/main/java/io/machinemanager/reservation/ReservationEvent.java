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

/** Something that happened to a reservation. The events of a reservation are its history. */
@Entity
@Table(name = "reservation_events")
public class ReservationEvent extends PanacheEntityBase {

    /** What can happen to a reservation. */
    public enum Kind {
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
        /** Nothing was changed on the machine, so nothing had to be removed. */
        NOTHING_MADE,
        /** An admin deleted the machine by force; the detail says what may be left there. */
        ABANDONED
    }

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public Long reservationId;

    public Instant happenedAt;

    @Enumerated(EnumType.STRING)
    @Column(length = 24)
    public Kind kind;

    @Column(length = 500)
    public String detail;

    /** Stores an event in the caller's transaction. */
    public static void record(Reservation reservation, Instant at, Kind kind, String detail) {
        ReservationEvent event = new ReservationEvent();
        event.reservationId = reservation.id;
        event.happenedAt = at;
        event.kind = kind;
        event.detail = detail;
        event.persist();
    }

    /** The history of a reservation, oldest first. */
    public static List<ReservationEvent> of(long reservationId) {
        return list("reservationId = ?1 order by id", reservationId);
    }
}
