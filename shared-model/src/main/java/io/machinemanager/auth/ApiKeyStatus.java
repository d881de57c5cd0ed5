package io.machinemanager.auth;

import io.machinemanager.user.UserStatus;

/**
 * An API key that is valid now.
 *
 * @param name the key's name
 * @param user its owner; an admin only if the key has admin rights too
 */
public record ApiKeyStatus(String name, UserStatus user) {
}
