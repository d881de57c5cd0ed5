package io.machinemanager.api.auth;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.jwt.Claims;

import io.machinemanager.auth.LoginSession;
import io.machinemanager.user.UserStatus;
import io.smallrye.jwt.build.Jwt;
import io.smallrye.jwt.build.JwtClaimsBuilder;

/** Issues tokens. All times in them are the database's, as are the times they are checked against. */
@ApplicationScoped
public class Tokens {

    /** Who issues our tokens, and the only issuer whose tokens are taken. */
    static final String ISSUER = "machine-manager";

    /** The claim that ties a token to the user's password and role at the time. */
    static final String VERSION = "ver";

    /** The claim of tokens that belong to a session, which can be refreshed and ended as a whole. */
    static final String SESSION = "sid";

    private final Duration lifetime;

    Tokens(JwtConfig config) {
        lifetime = Duration.ofMinutes(config.expiresMinutes());
    }

    /** A token for a user who has just logged in. */
    public TokenView issue(UserStatus user) {
        return TokenView.of(claims(user).jws().sign(), lifetime);
    }

    /** A token of a session, and what gives the next one: for the same refresh token always the same. */
    public TokenView issue(LoginSession session) {
        String id = UUID.nameUUIDFromBytes(session.refreshToken().getBytes(StandardCharsets.US_ASCII)).toString();
        Duration left = lifetime.minus(Duration.between(session.user().at(), session.at()));
        return TokenView.of(
                claims(session.user()).claim(Claims.jti.name(), id).claim(SESSION, session.id()).jws().sign(),
                left, session);
    }

    private JwtClaimsBuilder claims(UserStatus user) {
        Instant now = user.at();
        return Jwt.claims().issuer(ISSUER).subject(user.username())
                .claim("roles", user.admin() ? Set.of(Role.ADMIN) : Set.of()).claim(VERSION, version(user))
                .issuedAt(now).claim(Claims.nbf.name(), now.getEpochSecond()).expiresAt(now.plus(lifetime));
    }

    /** How long a token is good for. */
    public Duration lifetime() {
        return lifetime;
    }

    /** The user's token version as a token carries it: a text, since JSON numbers do not hold 64 bits everywhere. */
    static String version(UserStatus user) {
        return Long.toHexString(user.tokenVersion());
    }
}
