package io.machinemanager.api.auth;

import java.time.Duration;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.machinemanager.auth.LoginSession;

/**
 * A token, in the form of RFC 6749, section 5.1.
 *
 * @param accessToken the token
 * @param tokenType how it is sent
 * @param expiresIn for how many seconds it is valid
 * @param refreshToken the refresh token, which gives the next tokens; only when it was asked for
 * @param refreshExpiresIn for how many seconds tokens can be refreshed from now on
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TokenView(String accessToken, String tokenType, long expiresIn, String refreshToken,
        Long refreshExpiresIn) {

    private static final String BEARER = "Bearer";

    static TokenView of(String accessToken, Duration lifetime) {
        return new TokenView(accessToken, BEARER, lifetime.toSeconds(), null, null);
    }

    static TokenView of(String accessToken, Duration lifetime, LoginSession session) {
        return new TokenView(accessToken, BEARER, lifetime.toSeconds(), session.refreshToken(),
                Duration.between(session.at(), session.expiresAt()).toSeconds());
    }

    /** A response that no cache may store. */
    RestResponse<TokenView> response() {
        return ResponseBuilder.ok(this).header("Cache-Control", "no-store").build();
    }

    /** Leaves the tokens out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return tokenType + " token for " + expiresIn + " s";
    }
}
