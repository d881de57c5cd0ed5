package io.machinemanager.auth;

import java.time.Duration;

/**
 * An API key to create.
 *
 * @param name its name, see {@link ApiKeyName}
 * @param lifetime how long it is valid
 * @param admin whether it gets its owner's admin rights
 */
public record NewApiKey(String name, Duration lifetime, boolean admin) {
}
