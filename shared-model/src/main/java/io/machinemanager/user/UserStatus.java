package io.machinemanager.user;

import java.time.Instant;

/**
 * The current rights of a user.
 *
 * @param userId the user's id
 * @param username the user's name
 * @param admin whether the user is an admin
 * @param tokenVersion the version that a valid token of the user must have
 * @param at the database's time of the query
 */
public record UserStatus(long userId, String username, boolean admin, long tokenVersion, Instant at) {

    /** A copy with another time. */
    UserStatus at(Instant time) {
        return new UserStatus(userId, username, admin, tokenVersion, time);
    }

    static UserStatus of(User user, Instant at) {
        return new UserStatus(user.id, user.username, user.admin, user.tokenVersion, at);
    }
}
