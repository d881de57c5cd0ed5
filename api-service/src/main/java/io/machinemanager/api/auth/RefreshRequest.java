package io.machinemanager.api.auth;

import io.machinemanager.api.input.FieldCheck;

/**
 * What somebody stays logged in with.
 *
 * @param refreshToken the refresh token that was given last
 */
public record RefreshRequest(String refreshToken) {

    void check() {
        new FieldCheck().required("refresh_token", refreshToken).orThrow();
    }

    /** Leaves the token out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "refresh token";
    }
}
