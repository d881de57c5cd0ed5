package io.machinemanager.api.machine;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
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

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.auth.Role;
import io.machinemanager.api.group.VisibleMachines;
import io.machinemanager.api.input.Page;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.ConditionalResponse;
import io.machinemanager.api.polling.PolledResponses;
import io.machinemanager.database.TimedResult;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.PoolService;
import io.machinemanager.pool.PooledMachine;
import io.machinemanager.selector.Selector;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The machines of the pool. */
@Path("/machines")
@Tag(name = "Machines")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
public class MachineResource {

    private final SecurityIdentity identity;
    private final PoolService pool;
    private final MachineService machines;
    private final MachineRegistrar registrar;
    private final VisibleMachines visible;
    private final PolledResponses polled;
    private final LoopbackAddressWarning loopback;

    MachineResource(SecurityIdentity identity, PoolService pool, MachineService machines, MachineRegistrar registrar,
            VisibleMachines visible, PolledResponses polled, LoopbackAddressWarning loopback) {
        this.identity = identity;
        this.pool = pool;
        this.machines = machines;
        this.registrar = registrar;
        this.visible = visible;
        this.polled = polled;
        this.loopback = loopback;
    }

    /** Registers a machine. */
    @POST
    @RunOnVirtualThread
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.ADMIN)
    @Operation(summary = "Register a machine", description = """
            The machine's SSH host keys are those given as `host_key`; else they are recorded now, or at the first contact when
            it does not answer now. From then on a machine with other keys is not spoken to. A `password` or a
            `private_key` is needed, or both where sudo asks for a password; they are stored encrypted and never shown.
            The service logs in once before it answers: a machine that works is free then, and `reason` tells why another one
            is not. An address or SSH host key that another machine has is a 409, unless `shared_host` is true.
            With `groups`, only their members may see and reserve the machine; an admin sees it, and reserves it as a member.
            `labels` say what the machine is, for selectors; names that begin with `mm/` are set by the service alone.""")

    @APIResponseSchema(value = MachineView.class, responseCode = "201")
    public RestResponse<MachineView> register(MachineRegistration registration) {
        MachineView view = MachineView.registered(registrar.register(registration));
        return ResponseBuilder
                .create(RestResponse.Status.CREATED, view.withWarning(loopback.warning(registration.host()))).build();
    }

    /** Lists the machines. */
    @GET
    @Operation(summary = "List the machines by name", description = "Machines for groups that the caller is not in are left out, except for admins.")
    @Parameter(name = QueryParameters.SELECTOR, in = ParameterIn.QUERY, description = QueryParameters.SELECTOR_DESCRIBED, example = "os=debian,gpu", schema = @Schema(type = SchemaType.STRING, maxLength = Selector.MAX_LENGTH))
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = Page.LIMIT_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "1"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = Page.OFFSET_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", defaultValue = "0"))
    @APIResponse(responseCode = "200", description = "The machines", headers = @Header(name = Page.TOTAL, description = Page.TOTAL_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER)), content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = MachineView.class)))
    public CompletionStage<RestResponse<Object>> list(@Context UriInfo uri, @Context Request request) {
        QueryParameters query = QueryParameters.of(uri);
        Page page = Page.of(query);
        Selector selector = query.selector();
        UserStatus caller = Caller.of(identity);
        return visible.of(caller).thenCompose(access -> {
            MachineQuery wanted = new MachineQuery(selector, access);
            return polled.of(request, page, new MachineRows(pool, wanted, page.offset(), caller.admin()),
                    () -> pool.count(wanted), Function.identity(), Function.identity());
        });
    }

    /** Shows a machine. */
    @GET
    @RunOnVirtualThread
    @Path("/{name}")
    @Operation(summary = "Show one machine", description = "A machine for groups that the caller is not in does not exist for the caller, unless it is an admin.")
    public RestResponse<MachineView> get(@RestPath String name, @Context Request request) {
        UserStatus caller = Caller.of(identity);
        MachineView view = MachineView.details(
                caller.admin() ? pool.only(name) : pool.onlyFor(caller.userId(), name), caller.admin());
        return ConditionalResponse.of(request, view, Stream.of(view.forETag()));
    }

    /** Changes a machine. */
    @PATCH
    @RunOnVirtualThread
    @Path("/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.ADMIN)
    @Operation(summary = "Change a machine", description = """
            What is left out stays. `"enabled": false` keeps the machine from being lent again; a present reservation goes on. Host and
            port cannot change while it is reserved, being cleaned or being reset; at the new address the SSH host keys are recorded
            anew, and a password on record is not sent there: give a `password` or a `private_key` with the new address.
            A machine that was made anew shows other host keys and leaves the pool until they are accepted: give them as
            `host_key`, or `"host_key": "rescan"` to accept what the machine shows now. An address or SSH host key that another
            machine has is a 409, unless `shared_host` is true. `groups` replaces all groups that it had; a present reservation
            of a user who is in none of the new ones goes on.
            `labels` are merged: those that are given are set, `null` removes one, and the others stay.""")
    public MachineView change(@RestPath String name, MachineUpdate update, @Context Request request) {
        return MachineView.details(registrar.change(name, update, seen -> check(request, seen)), true)
                .withWarning(loopback.warning(update.host()));
    }

    /** Deletes a machine. */
    @DELETE
    @RunOnVirtualThread
    @Path("/{name}")
    @RolesAllowed(Role.ADMIN)
    @Operation(summary = "Delete a machine", description = """
            Refused while it is reserved, being cleaned or being reset. With `force=true`, for a machine that died for good, its
            reservation ends as `abandoned`, and the answer tells what may be left on the host; a reset is not done then. The history of its reservations stays.""")
    @Parameter(name = "force", in = ParameterIn.QUERY, description = "Whether a reservation that it has ends with it, without the removal of the account", schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
    @APIResponseSchema(DeletedView.class)
    public DeletedView delete(@RestPath String name, @Context UriInfo uri, @Context Request request) {
        boolean force = QueryParameters.of(uri).flag("force").orElse(false);
        return new DeletedView("deleted", machines.delete(name, force, seen -> check(request, seen)).orElse(null));
    }

    private static void check(Request request, TimedResult<PooledMachine> seen) {
        ConditionalResponse.check(request, Stream.of(MachineView.details(seen, true).forETag()));
    }
}
