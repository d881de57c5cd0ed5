package io.machinemanager.api.login;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Tokens of polled calls whose signature was found good, so that it is not computed anew with each call. That stays as it
 * was for as long as the process runs; all that can change about a token is asked beside it, see {@link TokenCheck}.
 */
@ApplicationScoped
class SeenTokens {

    // Each costs some 3 kB.
    private static final int MOST = 1000;

    private final Map<String, JsonWebToken> seen = new ConcurrentHashMap<>();

    /** What a token's text says, if it was seen. */
    Optional<JsonWebToken> of(String text) {
        return Optional.ofNullable(seen.get(text));
    }

    /** Keeps a token whose signature is good. */
    void add(JsonWebToken token) {
        if (seen.size() >= MOST) {
            seen.clear();
        }
        seen.put(token.getRawToken(), token);
    }
}
