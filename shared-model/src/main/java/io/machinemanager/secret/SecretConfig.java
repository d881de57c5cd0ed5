package io.machinemanager.secret;

import java.time.Duration;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the encryption of secrets. */
@ConfigMapping(prefix = "secrets")
public interface SecretConfig {

    /**
     * {@code MACHINE_SECRETS_KEY}: 32 random bytes in base64 that encrypt the machines' passwords in the database. Anyone
     * with both this key and the database can log in to the machines. Production does not start without it.
     */
    Optional<String> key();

    /**
     * {@code MACHINE_SECRETS_KEY_PREVIOUS}: the key before a rotation. Secrets encrypted with it can still be read, and the
     * scheduler encrypts them anew.
     */
    Optional<String> keyPrevious();

    /** How often the scheduler searches for secrets that are not encrypted with the current key. */
    @WithDefault("1m")
    Duration rotationInterval();
}
