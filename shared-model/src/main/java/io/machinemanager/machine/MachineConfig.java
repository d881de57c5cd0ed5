package io.machinemanager.machine;

import java.time.Duration;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about machines. */
@ConfigMapping(prefix = "machines")
public interface MachineConfig {

    /**
     * {@code MACHINE_SECRETS_KEY}: 32 random bytes in base64 that encrypt the machines' passwords in the database. Whoever
     * has both this key and the database has the machines. Production does not start without it.
     */
    Optional<String> secretsKey();

    /**
     * {@code MACHINE_SECRETS_KEY_PREVIOUS}: the key before a rotation; what was encrypted with it can still be read.
     */
    Optional<String> secretsKeyPrevious();

    /** How long the registration of a machine waits for its SSH host keys before it goes on without. */
    @WithDefault("3s")
    Duration hostKeyTimeout();

    /** How long a machine sits out after work on it failed once; doubled with each further failure. */
    @WithDefault("30s")
    Duration sitOut();

    /** The longest that a machine sits out. */
    @WithDefault("10m")
    Duration sitOutMax();
}
