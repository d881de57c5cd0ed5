package io.machinemanager.api.machine;

import java.util.List;
import java.util.concurrent.CompletionStage;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.UriInfo;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.group.VisibleMachines;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.PolledResponses;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.PoolService;
import io.machinemanager.selector.Selector;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;

/** Which machines can be reserved. */
@Path("/available")
@Tag(name = "Machines")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
public class AvailableResource {

    private final SecurityIdentity identity;
    private final PoolService pool;
    private final VisibleMachines visible;
    private final PolledResponses polled;

    AvailableResource(SecurityIdentity identity, PoolService pool, VisibleMachines visible,
            PolledResponses polled) {
        this.identity = identity;
        this.pool = pool;
        this.visible = visible;
        this.polled = polled;
    }

    /** Lists the machines by whether they would be lent now. */
    @GET
    @Operation(summary = "List the names of the machines by whether they would be lent now", description = """
            `unavailable` are machines that are neither reserved nor lent: they are disabled, have not answered yet, work on
            them failed a short while ago, a new account would be of no use on them, an account is still to be removed, or
            they are a second name of one host. Admins see the reason of each. Machines for
            groups that the caller is not in are left out, except for admins.""")
    @Parameter(name = QueryParameters.SELECTOR, in = ParameterIn.QUERY, description = QueryParameters.SELECTOR_DESCRIBED, example = "os=debian,gpu", schema = @Schema(type = SchemaType.STRING, maxLength = Selector.MAX_LENGTH))
    @APIResponse(responseCode = "200", description = "The names of the machines", content = @Content(schema = @Schema(implementation = AvailableView.class)))
    public CompletionStage<RestResponse<Object>> available(@Context UriInfo uri, @Context Request request) {
        Selector selector = QueryParameters.of(uri).selector();
        UserStatus caller = Caller.of(identity);
        return visible.of(caller).thenCompose(access -> {
            MachineQuery query = new MachineQuery(selector, access);
            return polled.of(request, List.of(AvailableView.class, query, caller.admin()),
                    () -> AvailableView.of(pool, query, caller.admin()));
        });
    }
}
