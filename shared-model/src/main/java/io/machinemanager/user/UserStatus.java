package io.machinemanager.user;

import java.time.Instant;

/**
 * What a user may do at this moment.
 *
 * @param userId the user's id
 * @param username the user's name
 * @param admin whether the user is an admin
 * @param tokenVersion what a token of the user must carry to be worth anything
 * @param at the database's time
 */
public record UserStatus(long userId, String username, boolean admin, long tokenVersion, Instant at) {

    /** The same at another time. */
    UserStatus at(Instant time) {
        return new UserStatus(userId, username, admin, tokenVersion, time);
    }

    static UserStatus of(User user, Instant at) {
        return new UserStatus(user.id, user.username, user.admin, user.tokenVersion, at);
    }
}
