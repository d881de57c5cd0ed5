package io.machinemanager.user;

import java.util.Optional;
import java.util.regex.Pattern;

/** The rule for names of users. It is wider than that of accounts on machines, so that e-mail addresses fit. */
public final class UserName {

    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}");

    private UserName() {
    }

    /** What is wrong with a name, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWith(String name) {
        return PATTERN.matcher(name).matches()
                ? Optional.empty()
                : Optional.of("A user name has 1 to 64 characters of A-Z, a-z, 0-9, ., _, @ and -,"
                        + " the first a letter, a digit or _.");
    }
}
