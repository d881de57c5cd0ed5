package io.machinemanager.group;

import java.util.Optional;
import java.util.regex.Pattern;

/** The rule for names of groups. It is that of machines; lists of names may be joined with commas. */
public final class GroupName {

    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private GroupName() {
    }

    /** Why a name is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWith(String name) {
        return name != null && PATTERN.matcher(name).matches()
                ? Optional.empty()
                : Optional.of("A group name has 1 to 63 characters of A-Z, a-z, 0-9, ., _ and -,"
                        + " the first a letter or a digit.");
    }
}
