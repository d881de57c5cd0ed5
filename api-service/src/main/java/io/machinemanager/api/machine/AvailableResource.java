package io.machinemanager.api.machine;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.input.Unchanged;
import io.machinemanager.api.login.Caller;
import io.machinemanager.reservation.PoolService;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Which machines are to be had. */
@Path("/available")
@Tag(name = "Machines")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
@RunOnVirtualThread
public class AvailableResource {

    private final SecurityIdentity identity;
    private final PoolService pool;

    AvailableResource(SecurityIdentity identity, PoolService pool) {
        this.identity = identity;
        this.pool = pool;
    }

    /** Lists the machines by whether they would be lent now. */
    @GET
    @Operation(summary = "List the names of the machines by whether they would be lent now", description = """
            `unavailable` are those that nobody holds and that are not lent either: disabled ones, ones on which work
            failed a short while ago, and ones with an account that is still to be removed. Admins see the reason of each.""")
    public RestResponse<AvailableView> available(@Context Request request) {
        AvailableView view = AvailableView.of(pool.glance(), Caller.of(identity).admin());
        return Unchanged.answer(request, view, view);
    }
}
