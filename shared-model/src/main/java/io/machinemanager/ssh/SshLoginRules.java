package io.machinemanager.ssh;

import java.util.Optional;
import java.util.regex.Pattern;

/** The rules for how we log in to a machine: the port, the user and the password. */
public final class SshLoginRules {

    private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,31}");
    private static final int MAX_PASSWORD = 256;

    private SshLoginRules() {
    }

    /** What is wrong with a port, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWithPort(int port) {
        return port >= 1 && port <= 65535 ? Optional.empty() : Optional.of("A port is a number from 1 to 65535.");
    }

    /** What is wrong with a user's name, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWithUser(String user) {
        return USER.matcher(user).matches()
                ? Optional.empty()
                : Optional.of("The user of a machine has 1 to 32 characters of A-Z, a-z, 0-9, _, . and -,"
                        + " the first a letter or _.");
    }

    /** What is wrong with a password, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWithPassword(String password) {
        return !password.isEmpty() && password.length() <= MAX_PASSWORD
                && password.codePoints().noneMatch(SshLoginRules::isForbidden)
                        ? Optional.empty()
                        : Optional.of("The password of a machine has 1 to %d characters and no control characters."
                                .formatted(MAX_PASSWORD));
    }

    /** Half a character has no form in UTF-8, in which a password is stored and sent. */
    private static boolean isForbidden(int character) {
        return Character.isISOControl(character) || Character.getType(character) == Character.SURROGATE;
    }
}
