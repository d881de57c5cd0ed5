package io.machinemanager.user;

/**
 * What is to be changed about a user; null leaves things as they are.
 *
 * @param password the new password in clear, see {@link LoginPassword}
 * @param admin whether it is to be an admin
 */
public record UserChange(String password, Boolean admin) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "password %s, admin %s".formatted(password == null ? "kept" : "changed", admin);
    }
}
