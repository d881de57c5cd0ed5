package io.machinemanager.api.auth;

import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.jwt.JsonWebToken;

import io.machinemanager.user.ShortMemory;

/**
 * Tokens of polled calls whose signature was found good, so that it is not computed anew with each call. That stays as it
 * was for as long as the process runs; all that can change about a token is asked beside it, see {@link TokenStatusAugmentor}.
 */
@ApplicationScoped
class VerifiedTokenCache {

    // Each costs some 3 kB.
    private static final int MOST = 1000;

    private final ShortMemory<String, JsonWebToken> seen = new ShortMemory<>(MOST);

    /** What a token's text says, if it was seen. */
    Optional<JsonWebToken> of(String text) {
        return Optional.ofNullable(seen.get(text));
    }

    /** Keeps a token whose signature is good. */
    void add(JsonWebToken token) {
        seen.put(token.getRawToken(), token);
    }
}
