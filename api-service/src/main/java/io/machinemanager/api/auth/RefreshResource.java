package io.machinemanager.api.auth;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.auth.SessionService;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** New tokens for a refresh token. */
@Path("/token/refresh")
@Tag(name = "Log-in")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class RefreshResource {

    private final SessionService sessions;
    private final Tokens tokens;

    RefreshResource(SessionService sessions, Tokens tokens) {
        this.sessions = sessions;
        this.tokens = tokens;
    }

    /** Gives new tokens for a refresh token. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @PermitAll
    @Operation(summary = "Get new tokens for a refresh token", description = """
            Each refresh token is taken once, and the answer has the next one. For 30 seconds the same token gives the same answer
            again, in case that was lost, unless the next token was used meanwhile. A token that is shown later ends all
            tokens of that log-in, because it may be a copy.""")
    public RestResponse<TokenView> refresh(RefreshRequest request) {
        FieldCheck.body(request).check();
        return tokens.issue(sessions.refresh(request.refreshToken(), tokens.lifetime())).response();
    }
}
