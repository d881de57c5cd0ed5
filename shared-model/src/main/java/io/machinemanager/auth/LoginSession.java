package io.machinemanager.auth;

import java.time.Instant;

import io.machinemanager.user.UserStatus;

/**
 * A session: tokens of a log-in that can be renewed without the password.
 *
 * @param id the session id in all of its tokens
 * @param user the user, at the time of the tokens
 * @param refreshToken the refresh token, which can be used once
 * @param expiresAt the end of the session
 * @param at the time of the answer; later than that of the tokens when they are given again
 */
public record LoginSession(String id, UserStatus user, String refreshToken, Instant expiresAt, Instant at) {

    /** Omits the token, to keep it out of logs. */
    @Override
    public String toString() {
        return "session of " + user.username();
    }
}
