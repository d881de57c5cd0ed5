package io.machinemanager.api.user;

import java.time.Instant;

import io.machinemanager.user.User;

/**
 * A user as admins see it.
 *
 * @param username the user's name
 * @param isAdmin whether it is an admin
 * @param createdAt since when it exists
 */
public record UserView(String username, boolean isAdmin, Instant createdAt) {

    static UserView of(User user) {
        return new UserView(user.username, user.admin, user.createdAt);
    }
}
