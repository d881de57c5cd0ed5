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
import io.machinemanager.audit.CurrentActor;
import io.machinemanager.auth.LoginAttempt;
import io.machinemanager.auth.LoginService;
import io.machinemanager.auth.SessionService;
import io.machinemanager.user.UserStatus;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Logging in. */
@Path("/login")
@Tag(name = "Log-in")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class LoginResource {

    private final CurrentActor actor;
    private final LoginService logins;
    private final SessionService sessions;
    private final Tokens tokens;

    LoginResource(CurrentActor actor, LoginService logins, SessionService sessions, Tokens tokens) {
        this.actor = actor;
        this.logins = logins;
        this.sessions = sessions;
        this.tokens = tokens;
    }

    /** Gives a token for a user name and a password. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @PermitAll
    @Operation(summary = "Log in", description = """
            Gives a token, to be sent with every other call as `Authorization: Bearer <access_token>`. It ends by itself after
            `expires_in` seconds, and at once when the user is deleted, changes the password or changes the role. With
            `"refresh": true` there is a `refresh_token` too. After too many wrong passwords the answer is 429 for a while.""")
    public RestResponse<TokenView> logIn(LoginRequest request) {
        FieldCheck.body(request).check();
        UserStatus user = logins.logIn(new LoginAttempt(request.username(), actor.address()),
                request.password());
        TokenView view = request.wantsRefresh() ? tokens.issue(sessions.begin(user)) : tokens.issue(user);
        return view.response();
    }
}
