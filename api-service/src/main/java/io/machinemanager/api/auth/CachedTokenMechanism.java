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
 * Knows the tokens of polled calls again that were good a moment ago, and leaves all others to the mechanism for JSON Web
 * Tokens.
 */
@ApplicationScoped
class CachedTokenMechanism implements HttpAuthenticationMechanism {

    private static final String BEGINNING = "Bearer ";

    private final VerifiedTokenCache seen;
    private final TokenStatusAugmentor tokens;

    CachedTokenMechanism(VerifiedTokenCache seen, TokenStatusAugmentor tokens) {
        this.seen = seen;
        this.tokens = tokens;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager identities) {
        String header = context.request().getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.startsWith(BEGINNING) || !PolledCalls.isOne(context)) {
            return Uni.createFrom().nullItem();
        }
        return seen.of(header.substring(BEGINNING.length())).flatMap(tokens::recent)
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
