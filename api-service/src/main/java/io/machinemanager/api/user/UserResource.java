package io.machinemanager.api.user;

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

import io.machinemanager.api.auth.ApiKeyView;
import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.auth.Role;
import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.MessageView;
import io.machinemanager.api.input.Page;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.ConditionalResponse;
import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.reservation.UserDeletionService;
import io.machinemanager.user.NewSshKey;
import io.machinemanager.user.UserService;
import io.machinemanager.user.UserSshKeyService;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The users; for admins. */
@Path("/users")
@Tag(name = "Users")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Role.ADMIN)
@RunOnVirtualThread
public class UserResource {

    private final SecurityIdentity identity;
    private final UserService users;
    private final UserDeletionService deletion;
    private final ApiKeyService keys;
    private final UserSshKeyService sshKeys;

    UserResource(SecurityIdentity identity, UserService users, UserDeletionService deletion, ApiKeyService keys,
            UserSshKeyService sshKeys) {
        this.identity = identity;
        this.users = users;
        this.deletion = deletion;
        this.keys = keys;
        this.sshKeys = sshKeys;
    }

    /** Creates a user. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Create a user")
    @APIResponseSchema(value = UserView.class, responseCode = "201")
    public RestResponse<UserView> create(UserCreation creation) {
        FieldCheck.body(creation).check();
        if (creation.toNewUser().admin()) {
            refuseApiKeys();
        }
        return ResponseBuilder.create(RestResponse.Status.CREATED, UserView.of(users.create(creation.toNewUser())))
                .build();
    }

    /** Lists the users. */
    @GET
    @Operation(summary = "List the users by name")
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = Page.LIMIT_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "1"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = Page.OFFSET_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", defaultValue = "0"))
    @APIResponse(responseCode = "200", description = "The users", headers = @Header(name = Page.TOTAL, description = Page.TOTAL_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER)), content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = UserView.class)))
    public RestResponse<List<UserView>> list(@Context UriInfo uri) {
        Page page = Page.of(QueryParameters.of(uri));
        return page.response(users.list(page.offset(), page.limit()).stream().map(UserView::of).toList(), users::count);
    }

    /** Shows a user. */
    @GET
    @Path("/{username}")
    @Operation(summary = "Show one user")
    public RestResponse<UserView> get(@RestPath String username, @Context Request request) {
        UserView view = UserView.of(users.get(username));
        return ConditionalResponse.of(request, view, Stream.of(view));
    }

    /** Changes a user. */
    @PATCH
    @Path("/{username}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Change a user's password or role", description = "All tokens of the user stop working, and with another password all API keys; its SSH keys are removed then."
            + " The last admin has to stay one. An API key cannot change admins or make some. One's own password is"
            + " changed by PUT /whoami/password.")
    public UserView change(@RestPath String username, UserUpdate update, @Context Request request) {
        FieldCheck.body(update).check();
        if (Boolean.TRUE.equals(update.isAdmin())) {
            refuseApiKeys();
        }
        refuseApiKeysForAdmins(username);
        if (update.password() != null && username.equals(Caller.of(identity).username())) {
            throw new ForbiddenException("To change your own password use PUT /whoami/password, which asks for the"
                    + " current one.");
        }
        return UserView.of(users.change(username, update.toChange(),
                seen -> ConditionalResponse.check(request, Stream.of(UserView.of(seen)))));
    }

    /** A stolen API key of an admin must not be able to make an admin that remains when the key is revoked. */
    private void refuseApiKeys() {
        Caller.token(identity);
    }

    /** A stolen API key of an admin must not be able to remove the admins who could revoke it. */
    private void refuseApiKeysForAdmins(String username) {
        if (UserView.of(users.get(username)).isAdmin()) {
            refuseApiKeys();
        }
    }

    /** Deletes a user. */
    @DELETE
    @Path("/{username}")
    @Operation(summary = "Delete a user", description = "The user's reservations are released first, and all of its tokens stop working at once."
            + " The last admin cannot be deleted, and an API key cannot delete admins.")
    public MessageView delete(@RestPath String username, @Context Request request) {
        ConditionalResponse.check(request, Stream.of(UserView.of(users.get(username))));
        refuseApiKeysForAdmins(username);
        deletion.delete(username);
        return new MessageView("deleted");
    }

    /** Lists a user's API keys. */
    @GET
    @Path("/{username}/api-keys")
    @Operation(summary = "List a user's API keys")
    public List<ApiKeyView> listKeys(@RestPath String username) {
        return keys.list(username).stream().map(ApiKeyView::of).toList();
    }

    /** Ends a user's API key. */
    @DELETE
    @Path("/{username}/api-keys/{name}")
    @Operation(summary = "End a user's API key", description = "An API key cannot end those of admins; it may end itself by DELETE /whoami/api-keys/{name}.")
    public MessageView revokeKey(@RestPath String username, @RestPath String name) {
        refuseApiKeysForAdmins(username);
        keys.revoke(username, name);
        return new MessageView("deleted");
    }

    /** Lists a user's SSH keys. */
    @GET
    @Path("/{username}/ssh-keys")
    @Operation(summary = "List a user's SSH keys")
    @Tag(name = "SSH keys")
    public RestResponse<SshKeysView> listSshKeys(@RestPath String username, @Context Request request) {
        return SshKeysView.of(sshKeys.list(username)).answer(request);
    }

    /** Replaces a user's SSH keys. */
    @PUT
    @Path("/{username}/ssh-keys")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Replace a user's SSH keys", description = "The whole list, at most 10 public keys. An API key cannot change those of admins.")
    @Tag(name = "SSH keys")
    public SshKeysView replaceSshKeys(@RestPath String username, SshKeysUpdate update, @Context Request request) {
        List<NewSshKey> wanted = FieldCheck.body(update).toKeys();
        refuseApiKeysForAdmins(username);
        return SshKeysView.of(sshKeys.replace(username, wanted, current -> SshKeysView.of(current).check(request)));
    }
}
