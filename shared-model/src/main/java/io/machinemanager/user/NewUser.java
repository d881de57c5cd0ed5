package io.machinemanager.user;

/**
 * A user to create.
 *
 * @param username the name, see {@link UserName}
 * @param password the password in clear, see {@link LoginPassword}
 * @param admin whether the user is an admin
 */
public record NewUser(String username, String password, boolean admin) {

    /** Omits the password, to keep it out of logs. */
    @Override
    public String toString() {
        return username + (admin ? " (admin)" : "");
    }
}
