package io.machinemanager.api.reservation;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.reservation.ReservationService;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Reserving with all parameters in the query, for clients of the original. The query may hold a password: never log it. */
@Path("/reserve")
@Tag(name = "Reservations")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
@RunOnVirtualThread
public class ReserveResource {

    private final SecurityIdentity identity;
    private final ReservationService reservations;

    ReserveResource(SecurityIdentity identity, ReservationService reservations) {
        this.identity = identity;
        this.reservations = reservations;
    }

    /** Reserves machines. */
    @GET
    @Operation(summary = "Reserve machines, as the original had it", description = """
            The same as `POST /reservations`, which is to be preferred: a password in an address tends to be written down on its
            way. The answer has the password, also one that was given. The caller's SSH keys are not used.""")
    @Parameter(name = "count", in = ParameterIn.QUERY, description = "How many machines; all of them or none.", schema = @Schema(type = SchemaType.INTEGER, minimum = "1", defaultValue = "1"))
    @Parameter(name = "duration", in = ParameterIn.QUERY, description = "For how many minutes.", schema = @Schema(type = SchemaType.INTEGER, minimum = "1", defaultValue = "60"))
    @Parameter(name = "reservation_password", in = ParameterIn.QUERY, description = "The account's password; one is generated when it is left out. `password` means the same.", schema = @Schema(type = SchemaType.STRING))
    @Parameter(name = "username", in = ParameterIn.QUERY, description = "The account to make on each machine. When it is left out or empty it is named like the caller, in lower case, with `-` for what an account name may not have.", schema = @Schema(type = SchemaType.STRING))
    public RestResponse<LeaseView> reserve(@Context UriInfo uri) {
        ReservationRequest request = ReservationRequest.of(QueryParameters.of(uri));
        return ResponseBuilder.ok(LeaseView.of(reservations.reserve(request.toSpec(Caller.of(identity))))
                .withPassword(request.reservationPassword()))
                .header("Cache-Control", "no-store").build();
    }

    /** Keeps a HEAD from reserving: without this method the framework would call that of GET. */
    @HEAD
    @Operation(hidden = true)
    public void head() {
        throw new NotAllowedException("GET");
    }
}
