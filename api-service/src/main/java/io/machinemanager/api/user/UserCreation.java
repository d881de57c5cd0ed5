package io.machinemanager.api.user;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.user.LoginPassword;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.UserName;

/**
 * A user to be created.
 *
 * @param username the user's name
 * @param password the user's password
 * @param isAdmin whether the user is an admin; no when it is left out
 */
public record UserCreation(String username, String password, Boolean isAdmin) {

    void check() {
        new FieldCheck().required("username", username, UserName::problemWith)
                .required("password", password, LoginPassword::problemWith).orThrow();
    }

    NewUser toNewUser() {
        return new NewUser(username, password, Boolean.TRUE.equals(isAdmin));
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return username;
    }
}
