package io.machinemanager.auth;

/**
 * An API key that was just created.
 *
 * @param key the stored key
 * @param secret the key itself; it is not stored and cannot be shown again
 */
public record CreatedApiKey(ApiKey key, String secret) {

    /** Omits the secret, to keep it out of logs. */
    @Override
    public String toString() {
        return "API key " + key.name;
    }
}
