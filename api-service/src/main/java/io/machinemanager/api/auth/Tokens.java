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

/** Issues tokens. All times in them are the database's, and they are checked against the database's time. */
@ApplicationScoped
public class Tokens {

    /** The issuer in our tokens; tokens of other issuers are refused. */
    static final String ISSUER = "machine-manager";

    /** The claim that ties a token to the user's password and role at the time. */
    static final String VERSION = "ver";

    /** The claim with the session of a token; a session can be refreshed, and is ended as a whole. */
    static final String SESSION = "sid";

    private final Duration lifetime;

    Tokens(JwtConfig config) {
        lifetime = Duration.ofMinutes(config.expiresMinutes());
    }

    /** A token for a user who has just logged in. */
    public TokenView issue(UserStatus user) {
        return TokenView.of(claims(user).jws().sign(), lifetime);
    }

    /** The tokens of a session; the same refresh token always gives the same tokens. */
    public TokenView issue(LoginSession session) {
        String id = UUID.nameUUIDFromBytes(session.refreshToken().getBytes(StandardCharsets.US_ASCII)).toString();
        Duration remaining = lifetime.minus(Duration.between(session.user().at(), session.at()));
        return TokenView.of(
                claims(session.user()).claim(Claims.jti.name(), id).claim(SESSION, session.id()).jws().sign(),
                remaining, session);
    }

    private JwtClaimsBuilder claims(UserStatus user) {
        Instant now = user.at();
        return Jwt.claims().issuer(ISSUER).subject(user.username())
                .claim("roles", user.admin() ? Set.of(Role.ADMIN) : Set.of()).claim(VERSION, version(user))
                .issuedAt(now).claim(Claims.nbf.name(), now.getEpochSecond()).expiresAt(now.plus(lifetime));
    }

    /** How long a token is valid. */
    public Duration lifetime() {
        return lifetime;
    }

    /** The user's token version as text, because not all JSON parsers read numbers of 64 bits. */
    static String version(UserStatus user) {
        return Long.toHexString(user.tokenVersion());
    }
}
