package io.machinemanager.ssh;

import java.util.Optional;
import java.util.regex.Pattern;

/** The rules for the port, the user and the password with which the service logs in to a machine. */
public final class SshLoginRules {

    private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,31}");
    private static final int MAX_PASSWORD_LENGTH = 256;

    private SshLoginRules() {
    }

    /** Says in one sentence what is wrong with a port; empty for 1 to 65535. */
    public static Optional<String> problemWithPort(int port) {
        return port >= 1 && port <= 65535 ? Optional.empty() : Optional.of("A port is a number from 1 to 65535.");
    }

    /** Says in one sentence what is wrong with the name of a user; empty when it may be used. No name looks like an option. */
    public static Optional<String> problemWithUser(String user) {
        return USER.matcher(user).matches()
                ? Optional.empty()
                : Optional.of("The user of a machine has 1 to 32 characters of A-Z, a-z, 0-9, _, . and -,"
                        + " the first a letter or _.");
    }

    /** Says in one sentence what is wrong with a password; empty when it may be used. */
    public static Optional<String> problemWithPassword(String password) {
        return PasswordText.isAllowed(password, MAX_PASSWORD_LENGTH)
                ? Optional.empty()
                : Optional.of("The password of a machine has 1 to %d characters and no control characters."
                        .formatted(MAX_PASSWORD_LENGTH));
    }
}
