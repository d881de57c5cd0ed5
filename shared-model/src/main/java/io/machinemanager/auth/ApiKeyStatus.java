package io.machinemanager.auth;

import io.machinemanager.user.UserStatus;

/**
 * What a program may do with an API key at this moment.
 *
 * @param name the key's name
 * @param user its owner, an admin only if the key may act as one too
 */
public record ApiKeyStatus(String name, UserStatus user) {
}
