package io.machinemanager.api.auth;

import java.util.Optional;

import org.eclipse.microprofile.jwt.JsonWebToken;

import io.machinemanager.error.ForbiddenException;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.identity.SecurityIdentity;

/** The user that makes a call. */
public final class Caller {

    /** Where {@link TokenStatusAugmentor} and {@link ApiKeyIdentityProvider} store the caller's status. */
    static final String STATUS = "io.machinemanager.status";

    /** Where {@link ApiKeyIdentityProvider} stores the key's name. */
    static final String API_KEY = "io.machinemanager.api-key";

    private Caller() {
    }

    /** The caller of an authenticated call. */
    public static UserStatus of(SecurityIdentity identity) {
        return identity.getAttribute(STATUS);
    }

    /** The name of the API key that the caller sent, if it was one. */
    public static Optional<String> apiKey(SecurityIdentity identity) {
        return Optional.ofNullable(identity.getAttribute(API_KEY));
    }

    /**
     * The token of an authenticated call.
     *
     * @throws ForbiddenException when the caller sent an API key instead
     */
    public static JsonWebToken token(SecurityIdentity identity) {
        if (identity.getPrincipal() instanceof JsonWebToken token) {
            return token;
        }
        throw new ForbiddenException("This cannot be done with an API key; log in with the password.");
    }

    /** The session that a token belongs to, if there is one. */
    static Optional<String> session(JsonWebToken token) {
        return Optional.ofNullable(token.getClaim(Tokens.SESSION)).map(Object::toString);
    }
}
