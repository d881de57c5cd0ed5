package io.machinemanager.api.auth;

import java.util.List;
import java.util.Optional;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.MessageView;
import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The caller's API keys. They are for programs, such as CI jobs, that should not know a password. */
@Path("/whoami/api-keys")
@Tag(name = "API keys")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
@RunOnVirtualThread
public class ApiKeyResource {

    private final SecurityIdentity identity;
    private final ApiKeyService keys;

    ApiKeyResource(SecurityIdentity identity, ApiKeyService keys) {
        this.identity = identity;
        this.keys = keys;
    }

    /** Creates an API key for the caller. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Make an API key", description = """
            The key is shown this once, and is sent like a token: `Authorization: Bearer <api_key>`. It may do what its owner may
            do, or less with `"role": "user"`, except make API keys, change the password, and make, change or delete
            admins or end their keys. It ends with its owner, when the owner's password is changed, by itself after
            `expires_in_days`, and when it is deleted.""")
    @APIResponseSchema(value = ApiKeyView.class, responseCode = "201")
    public RestResponse<ApiKeyView> create(ApiKeyCreation creation) {
        Caller.token(identity);
        FieldCheck.body(creation).check();
        UserStatus owner = Caller.of(identity);
        return ResponseBuilder
                .create(RestResponse.Status.CREATED,
                        ApiKeyView.of(keys.create(owner, creation.toNewApiKey(owner))))
                .header("Cache-Control", "no-store").build();
    }

    /** Lists the caller's API keys. */
    @GET
    @Operation(summary = "List one's own API keys")
    public List<ApiKeyView> list() {
        return keys.list(Caller.of(identity).username()).stream().map(ApiKeyView::of).toList();
    }

    /** Revokes one of the caller's API keys. */
    @DELETE
    @Path("/{name}")
    @Operation(summary = "End one of one's own API keys", description = "A program may end the key that it uses itself, and no other.")
    public MessageView revoke(@RestPath String name) {
        if (!Caller.apiKey(identity).equals(Optional.of(name))) {
            Caller.token(identity);
        }
        keys.revoke(Caller.of(identity).username(), name);
        return new MessageView("deleted");
    }
}
