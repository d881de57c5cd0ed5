package io.machinemanager.user;

/**
 * A change of a user; null means no change.
 *
 * @param password the new password in clear, see {@link LoginPassword}
 * @param admin whether the user is to be an admin
 */
public record UserChange(String password, Boolean admin) {

    /** Omits the password, to keep it out of logs. */
    @Override
    public String toString() {
        return "password %s, admin %s".formatted(password == null ? "kept" : "changed", admin);
    }
}
