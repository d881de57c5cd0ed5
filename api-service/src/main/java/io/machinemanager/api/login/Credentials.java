package io.machinemanager.api.login;

import io.machinemanager.api.input.FieldCheck;

/**
 * What somebody logs in with.
 *
 * @param username the user's name
 * @param password the user's password
 */
public record Credentials(String username, String password) {

    void check() {
        new FieldCheck().required("username", username).required("password", password).orThrow();
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return username;
    }
}
