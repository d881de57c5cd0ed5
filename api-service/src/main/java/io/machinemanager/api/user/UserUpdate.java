package io.machinemanager.api.user;

import java.util.List;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.user.LoginPassword;
import io.machinemanager.user.UserChange;

/**
 * A change of a user; a field that is left out stays as it is.
 *
 * @param password the new password
 * @param isAdmin whether the user becomes an admin
 */
public record UserUpdate(String password, Boolean isAdmin) {

    void check() {
        new FieldCheck().anyOf(List.of("password", "is_admin"), password, isAdmin)
                .optional("password", password, LoginPassword::problemWith).orThrow();
    }

    UserChange toChange() {
        return new UserChange(password, isAdmin);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return toChange().toString();
    }
}
