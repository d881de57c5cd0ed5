package io.machinemanager.api.login;

/**
 * A token, as RFC 6749 (section 5.1) has it.
 *
 * @param accessToken the token
 * @param tokenType how it is sent
 * @param expiresIn for how many seconds it is good
 */
public record TokenView(String accessToken, String tokenType, long expiresIn) {

    /** Leaves the token out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return tokenType + " token for " + expiresIn + " s";
    }
}
