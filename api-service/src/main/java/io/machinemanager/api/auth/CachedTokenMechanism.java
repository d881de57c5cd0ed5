package io.machinemanager.api.auth;

import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;

/**
 * Accepts the tokens of polled calls that were checked within the last second, without another check of the signature or
 * query. All other tokens are left to the mechanism for JSON Web Tokens.
 */
@ApplicationScoped
class CachedTokenMechanism implements HttpAuthenticationMechanism {

    private static final String SCHEME = "Bearer ";

    private final VerifiedTokenCache verified;
    private final TokenStatusAugmentor tokens;

    CachedTokenMechanism(VerifiedTokenCache verified, TokenStatusAugmentor tokens) {
        this.verified = verified;
        this.tokens = tokens;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager identities) {
        String header = context.request().getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.startsWith(SCHEME) || !PolledCalls.contains(context)) {
            return Uni.createFrom().nullItem();
        }
        return verified.get(header.substring(SCHEME.length())).flatMap(tokens::recent)
                .orElseGet(() -> Uni.createFrom().nullItem());
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext context) {
        return Uni.createFrom().nullItem();
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of();
    }

    /** Before the one for JSON Web Tokens. */
    @Override
    public int getPriority() {
        return DEFAULT_PRIORITY + 900;
    }
}
