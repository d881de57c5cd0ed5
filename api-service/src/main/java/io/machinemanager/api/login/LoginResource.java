package io.machinemanager.api.login;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.user.Standing;
import io.machinemanager.user.UserService;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Logging in. */
@Path("/login")
@Tag(name = "Log-in")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class LoginResource {

    private final UserService users;
    private final Tokens tokens;

    LoginResource(UserService users, Tokens tokens) {
        this.users = users;
        this.tokens = tokens;
    }

    /** Gives a token for a user name and a password. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @PermitAll
    @Operation(summary = "Log in", description = """
            Gives a token, to be sent with every other call as `Authorization: Bearer <access_token>`. It ends by itself after
            `expires_in` seconds, and at once when the user is deleted, changes the password or changes the role.""")
    public RestResponse<TokenView> logIn(Credentials credentials) {
        FieldCheck.body(credentials).check();
        Standing user = users.logIn(credentials.username(), credentials.password());
        return ResponseBuilder.ok(new TokenView(tokens.issue(user), "Bearer", tokens.lifetime().toSeconds()))
                .header("Cache-Control", "no-store").build();
    }
}
