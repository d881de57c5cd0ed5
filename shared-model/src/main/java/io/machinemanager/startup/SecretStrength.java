package io.machinemanager.startup;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Checks secrets of a production service. */
public final class SecretStrength {

    /** The well-known value of examples and demonstrations. */
    public static final String DEFAULT = "change-me";

    private SecretStrength() {
    }

    /**
     * Checks the length of a secret, and that it is not the default.
     *
     * @param name the environment variable that holds it
     * @param secret its value
     * @param fewestBytes the least length in UTF-8
     * @return what is wrong, as one sentence without the value, or nothing
     */
    public static Optional<String> problemWith(String name, Optional<String> secret, int fewestBytes) {
        String value = secret.orElse("").strip();
        if (value.isEmpty()) {
            return Optional.of(name + " is missing.");
        }
        if (value.equals(DEFAULT)) {
            return Optional.of("%s is still %s, which everybody knows.".formatted(name, DEFAULT));
        }
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < fewestBytes) {
            return Optional.of("%s is too short: it has %d bytes and needs %d.".formatted(name, bytes, fewestBytes));
        }
        return Optional.empty();
    }
}
