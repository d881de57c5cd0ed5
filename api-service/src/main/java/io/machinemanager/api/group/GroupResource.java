package io.machinemanager.api.group;

import java.util.List;
import java.util.stream.Stream;

import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
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
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.api.auth.Role;
import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.MessageView;
import io.machinemanager.api.input.Page;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.ConditionalResponse;
import io.machinemanager.group.GroupDetails;
import io.machinemanager.group.GroupService;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The groups of users; for admins. */
@Path("/groups")
@Tag(name = "Groups")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Role.ADMIN)
@RunOnVirtualThread
public class GroupResource {

    private final GroupService groups;

    GroupResource(GroupService groups) {
        this.groups = groups;
    }

    /** Creates a group. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Create a group", description = """
            Its members may have what it allows. A user in several groups has the best of each limit; the settings
            `RESERVATION_MAX_…` are for users in none, and a group may allow more than they do. A limit that is left out is
            what the setting is now.""")
    @APIResponseSchema(value = GroupView.class, responseCode = "201")
    public RestResponse<GroupView> create(GroupCreation creation) {
        FieldCheck.body(creation).check();
        return ResponseBuilder.create(RestResponse.Status.CREATED,
                GroupView.of(groups.create(creation.name(), creation.toChange()))).build();
    }

    /** Lists the groups. */
    @GET
    @Operation(summary = "List the groups by name")
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = Page.LIMIT_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "1"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = Page.OFFSET_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", defaultValue = "0"))
    @APIResponse(responseCode = "200", description = "The groups", headers = @Header(name = Page.TOTAL, description = Page.TOTAL_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER)), content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = GroupView.class)))
    public RestResponse<List<GroupView>> list(@Context UriInfo uri) {
        Page page = Page.of(QueryParameters.of(uri));
        return page.response(GroupView.of(groups.list(page.offset(), page.limit())), groups::count);
    }

    /** Shows a group. */
    @GET
    @Path("/{name}")
    @Operation(summary = "Show one group with its members and machines")
    public RestResponse<GroupView> get(@RestPath String name, @Context Request request) {
        GroupView view = GroupView.of(groups.get(name));
        return ConditionalResponse.of(request, view, Stream.of(view));
    }

    /** Changes a group. */
    @PATCH
    @Path("/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Change a group's limits", description = "What members have already they keep until its end; the limits count from their next request or extension on.")
    public GroupView change(@RestPath String name, GroupUpdate update, @Context Request request) {
        FieldCheck.body(update).check();
        return GroupView.of(groups.change(name, update.toChange(), seen -> check(request, seen)));
    }

    /** Deletes a group. */
    @DELETE
    @Path("/{name}")
    @Operation(summary = "Delete a group", description = "Refused with 409 while machines are for it, since they would be for everyone. Its members stay users.")
    public MessageView delete(@RestPath String name, @Context Request request) {
        groups.delete(name, seen -> check(request, seen));
        return new MessageView("deleted");
    }

    /** Adds a member. */
    @PUT
    @Path("/{name}/members/{username}")
    @Operation(summary = "Add a user to a group", description = "The same again changes nothing.")
    public MessageView addMember(@RestPath String name, @RestPath String username) {
        groups.addMember(name, username);
        return new MessageView("added");
    }

    /** Removes a member. */
    @DELETE
    @Path("/{name}/members/{username}")
    @Operation(summary = "Remove a user from a group", description = "What the user has already stays until its end.")
    public MessageView removeMember(@RestPath String name, @RestPath String username) {
        groups.removeMember(name, username);
        return new MessageView("deleted");
    }

    private static void check(Request request, GroupDetails seen) {
        ConditionalResponse.check(request, Stream.of(GroupView.of(seen)));
    }
}
