package io.machinemanager.api.machine;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;

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
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.group.VisibleMachines;
import io.machinemanager.api.input.Page;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.PolledResponses;
import io.machinemanager.pool.LabelService;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;

/** The labels that machines have. */
@Path("/labels")
@Tag(name = "Machines")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
public class LabelResource {

    private final SecurityIdentity identity;
    private final LabelService labels;
    private final VisibleMachines visible;
    private final PolledResponses polled;

    LabelResource(SecurityIdentity identity, LabelService labels, VisibleMachines visible, PolledResponses polled) {
        this.identity = identity;
        this.labels = labels;
        this.visible = visible;
        this.polled = polled;
    }

    /** Lists the labels in use. */
    @GET
    @Operation(summary = "List the labels that machines have", description = """
            By name, each with its values and how many machines that you may see have each value. At most 1,000 values are listed of a label;
            `more_values` tells how many others it has.""")
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = Page.LIMIT_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "1"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = Page.OFFSET_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", defaultValue = "0"))
    @APIResponse(responseCode = "200", description = "The labels", headers = @Header(name = Page.TOTAL, description = Page.TOTAL_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER)), content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = LabelView.class)))
    public CompletionStage<RestResponse<Object>> list(@Context UriInfo uri, @Context Request request) {
        Page page = Page.of(QueryParameters.of(uri));
        return visible.of(Caller.of(identity)).thenCompose(access -> polled.of(request, page,
                new LabelRows(labels, access, page.offset()), () -> labels.count(access), Function.identity(),
                Function.identity()));
    }
}
