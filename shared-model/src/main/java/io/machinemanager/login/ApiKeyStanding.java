package io.machinemanager.login;

import io.machinemanager.user.Standing;

/**
 * What a program may do with an API key at this moment.
 *
 * @param name the key's name
 * @param user its owner, an admin only if the key may act as one too
 */
public record ApiKeyStanding(String name, Standing user) {
}
