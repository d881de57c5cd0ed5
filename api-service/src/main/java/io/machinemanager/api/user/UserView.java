package io.machinemanager.api.user;

import java.time.Instant;

import io.machinemanager.user.User;

/**
 * A user as admins see it.
 *
 * @param username the user's name
 * @param isAdmin whether the user is an admin
 * @param createdAt when the user was created
 */
public record UserView(String username, boolean isAdmin, Instant createdAt) {

    static UserView of(User user) {
        return new UserView(user.username, user.admin, user.createdAt);
    }
}
