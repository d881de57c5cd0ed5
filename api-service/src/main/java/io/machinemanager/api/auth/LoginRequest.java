package io.machinemanager.api.auth;

import io.machinemanager.api.input.FieldCheck;

/**
 * The body of a log-in.
 *
 * @param username the user's name
 * @param password the user's password
 * @param refresh whether a refresh token is wanted too
 */
public record LoginRequest(String username, String password, Boolean refresh) {

    void check() {
        new FieldCheck().required("username", username).required("password", password).orThrow();
    }

    boolean wantsRefresh() {
        return Boolean.TRUE.equals(refresh);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return username;
    }
}
