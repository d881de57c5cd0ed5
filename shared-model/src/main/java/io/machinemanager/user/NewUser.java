package io.machinemanager.user;

/**
 * A user to be created.
 *
 * @param username the name, see {@link UserName}
 * @param password the password in clear, see {@link LoginPassword}
 * @param admin whether it is an admin
 */
public record NewUser(String username, String password, boolean admin) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return username + (admin ? " (admin)" : "");
    }
}
