package io.machinemanager.api.auth;

import java.util.List;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.MessageView;
import io.machinemanager.audit.CurrentActor;
import io.machinemanager.auth.LoginService;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.NonBlocking;
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

    WhoamiResource(SecurityIdentity identity, CurrentActor actor, LoginService logins) {
        this.identity = identity;
        this.actor = actor;
        this.logins = logins;
    }

    /** Tells who the token stands for. */
    @GET
    @NonBlocking
    @Operation(summary = "Tell who the token stands for")
    public WhoamiView whoami() {
        UserStatus caller = Caller.of(identity);
        return new WhoamiView(caller.username(), caller.admin() ? List.of(Role.ADMIN) : List.of());
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
