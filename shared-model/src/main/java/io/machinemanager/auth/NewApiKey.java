package io.machinemanager.auth;

import java.time.Duration;

/**
 * An API key to be made.
 *
 * @param name what it is to be called, see {@link ApiKeyName}
 * @param lifetime how long it is to be good for
 * @param admin whether it is to do what its owner may do as an admin
 */
public record NewApiKey(String name, Duration lifetime, boolean admin) {
}
