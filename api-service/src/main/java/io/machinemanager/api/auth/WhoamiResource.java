package io.machinemanager.api.auth;

import java.util.List;
import java.util.concurrent.CompletionStage;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.MessageView;
import io.machinemanager.api.polling.PolledResponses;
import io.machinemanager.audit.CurrentActor;
import io.machinemanager.auth.LoginService;
import io.machinemanager.reservation.AllowanceService;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The caller's own user. */
@Path("/whoami")
@Tag(name = "Log-in")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
public class WhoamiResource {

    private final SecurityIdentity identity;
    private final CurrentActor actor;
    private final LoginService logins;
    private final AllowanceService allowances;
    private final PolledResponses polled;

    WhoamiResource(SecurityIdentity identity, CurrentActor actor, LoginService logins, AllowanceService allowances,
            PolledResponses polled) {
        this.identity = identity;
        this.actor = actor;
        this.logins = logins;
        this.allowances = allowances;
        this.polled = polled;
    }

    /** Tells who the token stands for, and what the user may have. */
    @GET
    @Operation(summary = "Tell who the token stands for, and what the user may have", description = """
            `limits` are in each respect the best of the user's groups, or the settings for users without a group; null means no
            limit. `used` counts the machines that are being prepared or in use, and the requests that wait.""")
    @APIResponse(responseCode = "200", description = "The user", content = @Content(schema = @Schema(implementation = WhoamiView.class)))
    public CompletionStage<RestResponse<Object>> whoami(@Context Request request) {
        UserStatus caller = Caller.of(identity);
        return polled.of(request, List.of(WhoamiView.class, caller.userId(), caller.username(), caller.admin()),
                () -> WhoamiView.of(caller, allowances.of(caller.userId())));
    }

    /** Changes the caller's password. */
    @PUT
    @RunOnVirtualThread
    @Path("/password")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Change one's own password", description = "All tokens and API keys given out before stop working, the token of this call included. The SSH keys are removed too.")
    public MessageView changePassword(PasswordChange change) {
        Caller.token(identity);
        FieldCheck.body(change).check();
        logins.changePassword(Caller.of(identity), actor.address(), change.currentPassword(), change.newPassword());
        return new MessageView("changed");
    }
}
