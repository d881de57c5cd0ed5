package io.machinemanager.machine;

import java.util.Optional;
import java.util.regex.Pattern;

/** The rule for names of machines. */
public final class MachineName {

    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private MachineName() {
    }

    /** Why a name is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWith(String name) {
        return PATTERN.matcher(name).matches()
                ? Optional.empty()
                : Optional.of("A machine name has 1 to 63 characters of A-Z, a-z, 0-9, ., _ and -,"
                        + " the first a letter or a digit.");
    }
}
