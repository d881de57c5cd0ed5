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

/** Taking all machines back. */
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

    /** Takes all machines back and waits for the removal of the accounts. */
    @POST
    @Operation(summary = "Take all machines back", description = """
            Whoever has them. `released` counts those whose account is verified gone; `pending` names those where it could not be
            removed yet: they are not free, and the scheduler goes on trying.""")
    public ReleaseAllView releaseAll() {
        return ReleaseAllView.of(reservations.releaseAll());
    }

    /** The same with GET, as the original had it. */
    @GET
    @Operation(summary = "Take all machines back, as the original had it", description = "The same as `POST /release_all`, which is to be preferred: a GET should change nothing.")
    public ReleaseAllView releaseAllByGet() {
        return releaseAll();
    }

    /** Keeps a HEAD from releasing: without this it would be taken for a GET whose answer nobody wants to see. */
    @HEAD
    @Operation(hidden = true)
    public void head() {
        throw new NotAllowedException("GET");
    }
}
