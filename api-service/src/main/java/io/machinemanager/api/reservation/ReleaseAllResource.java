package io.machinemanager.api.reservation;

import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

import io.machinemanager.api.auth.Role;
import io.machinemanager.reservation.ReservationService;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Releasing all machines. */
@Path("/release_all")
@Tag(name = "Reservations")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Role.ADMIN)
@RunOnVirtualThread
public class ReleaseAllResource {

    private final ReservationService reservations;

    ReleaseAllResource(ReservationService reservations) {
        this.reservations = reservations;
    }

    /** Ends all reservations and waits for the removal of the accounts. */
    @POST
    @Operation(summary = "Take all machines back", description = """
            Ends the reservations of all users. `released` counts the machines whose account is verified gone; `pending` names the
            machines whose account could not be removed yet: they are not free, and the scheduler goes on trying. A machine that is reset before it is lent again
            counts as released; its state is `resetting` until it is free.""")
    public ReleaseAllView releaseAll() {
        return ReleaseAllView.of(reservations.releaseAll());
    }

    /** The same with GET, for clients of the original. */
    @GET
    @Operation(summary = "Take all machines back, as the original had it", description = "The same as `POST /release_all`, which is to be preferred: a GET should change nothing.")
    public ReleaseAllView releaseAllByGet() {
        return releaseAll();
    }

    /** Keeps a HEAD from releasing: without this method the framework would call that of GET. */
    @HEAD
    @Operation(hidden = true)
    public void head() {
        throw new NotAllowedException("GET");
    }
}
