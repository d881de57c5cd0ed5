package io.machinemanager.user;

import java.util.Optional;
import java.util.regex.Pattern;

/** The rule for names of a user's SSH keys; the same as for API keys. */
public final class SshKeyName {

    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

    private SshKeyName() {
    }

    /** Why a name is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWith(String name) {
        return PATTERN.matcher(name).matches()
                ? Optional.empty()
                : Optional.of("The name of an SSH key has 1 to 64 characters of A-Z, a-z, 0-9, ., _ and -,"
                        + " the first a letter, a digit or _.");
    }
}
