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

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.audit.AuditOrigin;
import io.machinemanager.login.Attempt;
import io.machinemanager.login.LoginService;
import io.machinemanager.login.SessionService;
import io.machinemanager.user.Standing;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Logging in. */
@Path("/login")
@Tag(name = "Log-in")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class LoginResource {

    private final AuditOrigin origin;
    private final LoginService logins;
    private final SessionService sessions;
    private final Tokens tokens;

    LoginResource(AuditOrigin origin, LoginService logins, SessionService sessions, Tokens tokens) {
        this.origin = origin;
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
    public RestResponse<TokenView> logIn(Credentials credentials) {
        FieldCheck.body(credentials).check();
        Standing user = logins.logIn(new Attempt(credentials.username(), origin.address()), credentials.password());
        TokenView view = credentials.wantsRefresh() ? tokens.issue(sessions.begin(user)) : tokens.issue(user);
        return view.answer();
    }
}
