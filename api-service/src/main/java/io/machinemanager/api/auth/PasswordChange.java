package io.machinemanager.api.auth;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.user.LoginPassword;

/**
 * A change of one's own password.
 *
 * @param currentPassword the present password
 * @param newPassword the new password
 */
public record PasswordChange(String currentPassword, String newPassword) {

    void check() {
        new FieldCheck().required("current_password", currentPassword)
                .required("new_password", newPassword, LoginPassword::problemWith).orThrow();
    }

    /** Leaves the passwords out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return "change of a password";
    }
}
