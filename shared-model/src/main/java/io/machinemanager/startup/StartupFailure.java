package io.machinemanager.startup;

import java.util.List;
import java.util.stream.Collectors;

import io.quarkus.runtime.configuration.ConfigurationException;

/** Ends a start that cannot succeed. */
public final class StartupFailure {

    private StartupFailure() {
    }

    /**
     * An exception that ends the start with exit status 1 and prints one line for each problem to standard error, without
     * a stack trace.
     *
     * @param problems one sentence each, without secrets
     */
    public static RuntimeException because(List<String> problems) {
        // Quarkus prints only the message of this exception
        return new ConfigurationException(
                problems.stream().map(problem -> "Cannot start: " + problem).collect(Collectors.joining("\n")));
    }
}
