package io.machinemanager.api.auth;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.machinemanager.auth.ApiKey;
import io.machinemanager.auth.CreatedApiKey;

/**
 * An API key.
 *
 * @param name its name
 * @param role {@code admin} or {@code user}; no more than its owner has
 * @param createdAt when it was created
 * @param expiresAt when it expires
 * @param apiKey what is sent as {@code Authorization: Bearer <api_key>}; only in the response to its creation
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ApiKeyView(String name, String role, Instant createdAt, Instant expiresAt, String apiKey) {

    /** A key without its secret. */
    public static ApiKeyView of(ApiKey key) {
        return new ApiKeyView(key.name, key.admin ? Role.ADMIN : "user", key.createdAt, key.expiresAt, null);
    }

    static ApiKeyView of(CreatedApiKey created) {
        ApiKeyView known = of(created.key());
        return new ApiKeyView(known.name, known.role, known.createdAt, known.expiresAt, created.secret());
    }

    /** Leaves the key out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "API key " + name;
    }
}
