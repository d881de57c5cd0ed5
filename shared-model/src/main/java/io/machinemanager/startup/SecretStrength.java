package io.machinemanager.startup;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a secret must be like before a production service accepts it. */
public final class SecretStrength {

    /** The value of examples and demonstrations, which everybody knows. */
    public static final String DEFAULT = "change-me";

    private SecretStrength() {
    }

    /**
     * What is wrong with a secret.
     *
     * @param name the environment variable that holds it
     * @param secret its value
     * @param fewestBytes how long it must be in UTF-8
     * @return one sentence without the value, or nothing when it is good
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
