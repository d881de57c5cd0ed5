package io.machinemanager.auth;

import java.time.Instant;

import io.machinemanager.user.UserStatus;

/**
 * A log-in that can be continued without the password.
 *
 * @param id names it, in all of its tokens
 * @param user whose it is, as of when its tokens were made
 * @param refreshToken what gives the next tokens, once
 * @param expiresAt when it ends by itself
 * @param at the time of the answer: later than when the tokens were made when they are given again
 */
public record LoginSession(String id, UserStatus user, String refreshToken, Instant expiresAt, Instant at) {

    /** Leaves the token out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "session of " + user.username();
    }
}
