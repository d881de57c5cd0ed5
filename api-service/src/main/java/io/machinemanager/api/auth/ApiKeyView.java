package io.machinemanager.api.auth;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.machinemanager.auth.ApiKey;
import io.machinemanager.auth.CreatedApiKey;

/**
 * An API key.
 *
 * @param name what it is called
 * @param role {@code admin} or {@code user}; no more than its owner has
 * @param createdAt since when there is one of that name
 * @param expiresAt when it ends by itself
 * @param apiKey what is sent as {@code Authorization: Bearer <api_key>}; only in the answer that it was made with
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ApiKeyView(String name, String role, Instant createdAt, Instant expiresAt, String apiKey) {

    /** What may be shown of a key at any time. */
    public static ApiKeyView of(ApiKey key) {
        return new ApiKeyView(key.name, key.admin ? Role.ADMIN : "user", key.createdAt, key.expiresAt, null);
    }

    static ApiKeyView of(CreatedApiKey made) {
        ApiKeyView known = of(made.key());
        return new ApiKeyView(known.name, known.role, known.createdAt, known.expiresAt, made.secret());
    }

    /** Leaves the key out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "API key " + name;
    }
}
