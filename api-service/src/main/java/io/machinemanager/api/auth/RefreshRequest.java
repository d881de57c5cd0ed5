package io.machinemanager.api.auth;

import io.machinemanager.api.input.FieldCheck;

/**
 * The body of a call for new tokens.
 *
 * @param refreshToken the latest refresh token
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
