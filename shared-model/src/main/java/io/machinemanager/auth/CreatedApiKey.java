package io.machinemanager.auth;

/**
 * An API key that was just made.
 *
 * @param key what is known about it from now on
 * @param secret what is to be shown; nobody knows it afterwards
 */
public record CreatedApiKey(ApiKey key, String secret) {

    /** Leaves the secret out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "API key " + key.name;
    }
}
