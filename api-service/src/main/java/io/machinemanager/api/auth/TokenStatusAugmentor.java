package io.machinemanager.api.auth;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.jwt.Claims;
import org.eclipse.microprofile.jwt.JsonWebToken;

import io.machinemanager.auth.SessionService;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityUtils;
import io.smallrye.mutiny.Uni;

/**
 * Checks what can change about a token whose signature was verified: its user must still exist with the same password and
 * role, and the database's time must be within the token's times. Roles come from the database, not from the token.
 */
@ApplicationScoped
class TokenStatusAugmentor implements SecurityIdentityAugmentor {

    private static final Set<String> REQUIRED = Set.of(Claims.sub.name(), Claims.jti.name(), Claims.iat.name(),
            Claims.nbf.name(), Claims.exp.name(), "roles", Tokens.VERSION);

    private final SessionService sessions;
    private final VerifiedTokenCache verified;

    TokenStatusAugmentor(SessionService sessions, VerifiedTokenCache verified) {
        this.sessions = sessions;
        this.verified = verified;
    }

    @Override
    public Uni<SecurityIdentity> augment(SecurityIdentity identity, AuthenticationRequestContext context) {
        return augment(identity, context, Map.of());
    }

    @Override
    public Uni<SecurityIdentity> augment(SecurityIdentity identity, AuthenticationRequestContext context,
            Map<String, Object> attributes) {
        if (!(identity.getPrincipal() instanceof JsonWebToken token)) {
            return Uni.createFrom().item(identity);
        }
        if (!token.getClaimNames().containsAll(REQUIRED)) {
            return Uni.createFrom().failure(new AuthenticationFailedException("a claim is missing"));
        }
        if (!PolledCalls.contains(HttpSecurityUtils.getRoutingContextAttribute(attributes))) {
            return context.runBlocking(() -> check(token));
        }
        verified.add(token);
        return recent(token).orElseGet(() -> context.runBlocking(() -> check(token)));
    }

    /**
     * The caller with a token whose signature was verified, or the failure when the token is no longer valid. Makes no query:
     * the result is empty when the status of the token's user is not in the cache.
     */
    Optional<Uni<SecurityIdentity>> recent(JsonWebToken token) {
        return sessions.recentStatus(token.getSubject(), ids(token))
                .map(user -> Uni.createFrom().item(() -> check(token, user)));
    }

    private SecurityIdentity check(JsonWebToken token) {
        return check(token, sessions.status(token.getSubject(), ids(token)).orElseThrow(
                () -> new AuthenticationFailedException("the user does not exist, or the token was revoked")));
    }

    private static SecurityIdentity check(JsonWebToken token, UserStatus user) {
        if (!Tokens.version(user).equals(token.getClaim(Tokens.VERSION))) {
            throw new AuthenticationFailedException("the user was changed after the token was issued");
        }
        if (!fits(token, user.at())) {
            throw new AuthenticationFailedException("the token has expired or is not valid yet");
        }
        return QuarkusSecurityIdentity.builder().setPrincipal(token)
                .addRoles(user.admin() ? Set.of(Role.ADMIN) : Set.of()).addAttributes(Map.of(Caller.STATUS, user))
                .build();
    }

    private static List<String> ids(JsonWebToken token) {
        return token.getClaim(Tokens.SESSION) instanceof String session
                ? List.of(token.getTokenID(), session)
                : List.of(token.getTokenID());
    }

    private static boolean fits(JsonWebToken token, Instant now) {
        long notBefore = token.<Number>getClaim(Claims.nbf.name()).longValue();
        return now.isBefore(Instant.ofEpochSecond(token.getExpirationTime()))
                && !now.isBefore(Instant.ofEpochSecond(notBefore))
                && !now.isBefore(Instant.ofEpochSecond(token.getIssuedAtTime()));
    }
}
