package io.machinemanager.testing;

import java.util.List;

/**
 * Which runs include what takes too long for each build. A whole test of that kind has the JUnit tag {@code deep}; a
 * parameterized test asks {@link #isIncluded()} for the cases it tries.
 */
public final class Deep {

    private static final List<String> EXCLUDED = List.of(System.getProperty("tests.excluded", "").split(","));

    private Deep() {
    }

    /** Tells whether this run includes it: unless the Maven property {@code tests.excluded} names the tag. */
    public static boolean isIncluded() {
        return !EXCLUDED.contains("deep");
    }
}
