package io.machinemanager.api.auth;

import java.time.Instant;
import java.util.Collections;
import java.util.List;

import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.jwt.JsonWebToken;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

import io.machinemanager.api.input.MessageView;
import io.machinemanager.auth.SessionService;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Logging out. */
@Path("/logout")
@Tag(name = "Log-in")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
@RunOnVirtualThread
public class LogoutResource {

    private final SecurityIdentity identity;
    private final SessionService sessions;
    private final Tokens tokens;

    LogoutResource(SecurityIdentity identity, SessionService sessions, Tokens tokens) {
        this.identity = identity;
        this.sessions = sessions;
        this.tokens = tokens;
    }

    /** Revokes the token of the call. */
    @POST
    @Operation(summary = "Log out", description = "Ends the token of this call, and the refresh token that was given with it.")
    public MessageView logOut() {
        JsonWebToken token = Caller.token(identity);
        UserStatus user = Caller.of(identity);
        // the lifetime may have been longer when this token was issued
        Instant thisToken = Instant.ofEpochSecond(token.getExpirationTime());
        Instant otherTokens = user.at().plus(tokens.lifetime());
        sessions.logOut(user, token.getTokenID(), Caller.session(token),
                Collections.max(List.of(thisToken, otherTokens)));
        return new MessageView("logged out");
    }
}
