package io.machinemanager.api.user;

import java.util.List;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.user.NewSshKey;
import io.machinemanager.user.UserSshKeyService;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The caller's SSH public keys, which let the caller in to the accounts on reserved machines. */
@Path("/whoami/ssh-keys")
@Tag(name = "SSH keys")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
@RunOnVirtualThread
public class SshKeyResource {

    private final SecurityIdentity identity;
    private final UserSshKeyService keys;

    SshKeyResource(SecurityIdentity identity, UserSshKeyService keys) {
        this.identity = identity;
        this.keys = keys;
    }

    /** Lists the caller's keys. */
    @GET
    @Operation(summary = "List one's own SSH keys")
    public RestResponse<SshKeysView> list(@Context Request request) {
        return SshKeysView.of(keys.list(Caller.of(identity).username())).answer(request);
    }

    /** Replaces the caller's keys. */
    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Replace one's own SSH keys", description = """
            The whole list, at most 10 public keys. `POST /reservations` without a password and without an `ssh_public_key` puts
            them into the accounts, and makes no password then. Accounts that are there already keep the keys that they have. A
            change of the password removes all keys, since a person who knew the old password may have added some. An API key
            cannot change the list.""")
    public SshKeysView replace(SshKeysUpdate update, @Context Request request) {
        // A key that a stolen API key put here would let its thief in when the API key has ended.
        Caller.token(identity);
        List<NewSshKey> wanted = FieldCheck.body(update).toKeys();
        return SshKeysView.of(keys.replaceOwn(Caller.of(identity), wanted,
                current -> SshKeysView.of(current).check(request)));
    }
}
