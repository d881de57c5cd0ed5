package io.machinemanager.api.auth;

import java.util.Map;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.auth.ApiKeyStatus;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;

/** Finds the user of an API key. The role is read from the database at each call. */
@ApplicationScoped
class ApiKeyIdentityProvider implements IdentityProvider<ApiKeyAuthenticationRequest> {

    private final ApiKeyService keys;

    ApiKeyIdentityProvider(ApiKeyService keys) {
        this.keys = keys;
    }

    @Override
    public Class<ApiKeyAuthenticationRequest> getRequestType() {
        return ApiKeyAuthenticationRequest.class;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(ApiKeyAuthenticationRequest key, AuthenticationRequestContext context) {
        return context.runBlocking(() -> check(key.secret()));
    }

    private SecurityIdentity check(String secret) {
        ApiKeyStatus key = keys.status(secret)
                .orElseThrow(() -> new AuthenticationFailedException("there is no such API key"));
        return QuarkusSecurityIdentity.builder().setPrincipal(new QuarkusPrincipal(key.user().username()))
                .addRoles(key.user().admin() ? Set.of(Role.ADMIN) : Set.of())
                .addAttributes(Map.of(Caller.STATUS, key.user(), Caller.API_KEY, key.name())).build();
    }
}
