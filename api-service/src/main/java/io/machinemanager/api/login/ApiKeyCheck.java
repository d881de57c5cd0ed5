package io.machinemanager.api.login;

import java.util.Map;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.login.ApiKeyService;
import io.machinemanager.login.ApiKeyStanding;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;

/** Looks at the user behind an API key, whose role is read anew at each call. */
@ApplicationScoped
class ApiKeyCheck implements IdentityProvider<ShownApiKey> {

    private final ApiKeyService keys;

    ApiKeyCheck(ApiKeyService keys) {
        this.keys = keys;
    }

    @Override
    public Class<ShownApiKey> getRequestType() {
        return ShownApiKey.class;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(ShownApiKey key, AuthenticationRequestContext context) {
        return context.runBlocking(() -> check(key.secret()));
    }

    private SecurityIdentity check(String secret) {
        ApiKeyStanding key = keys.standing(secret)
                .orElseThrow(() -> new AuthenticationFailedException("there is no such API key"));
        return QuarkusSecurityIdentity.builder().setPrincipal(new QuarkusPrincipal(key.user().username()))
                .addRoles(key.user().admin() ? Set.of(Role.ADMIN) : Set.of())
                .addAttributes(Map.of(Caller.STANDING, key.user(), Caller.API_KEY, key.name())).build();
    }
}
