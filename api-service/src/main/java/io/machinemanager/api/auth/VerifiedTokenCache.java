package io.machinemanager.api.auth;

import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.jwt.JsonWebToken;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * Tokens of polled calls whose signature was verified, so that it is not verified anew with each call. A signature stays
 * valid for as long as the process runs, because the keys do not change; {@link TokenStatusAugmentor} checks everything
 * about a token that can change.
 */
@ApplicationScoped
class VerifiedTokenCache {

    // Each costs some 3 kB.
    private static final int MAX_TOKENS = 1000;

    private final Cache<String, JsonWebToken> tokens = Caffeine.newBuilder().maximumSize(MAX_TOKENS)
            .executor(Runnable::run).build();

    /** The token of that text, if it is in the cache. */
    Optional<JsonWebToken> get(String text) {
        return Optional.ofNullable(tokens.getIfPresent(text));
    }

    /** Adds a token whose signature was verified. */
    void add(JsonWebToken token) {
        tokens.put(token.getRawToken(), token);
    }
}
