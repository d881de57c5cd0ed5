package io.machinemanager.api.auth;

import java.util.Optional;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of tokens. */
@ConfigMapping(prefix = "jwt")
public interface JwtConfig {

    /** A year. */
    int MOST_MINUTES = 525_600;

    /** What is wrong with another number of minutes. */
    String MINUTES = "JWT_EXPIRES_MINUTES is not a number from 1 to " + MOST_MINUTES + ".";

    /**
     * {@code JWT_SECRET}: the key that signs tokens; the same for all replicas. Anyone who knows it can act as any user. Production
     * does not start without a secret of at least 32 bytes.
     */
    Optional<String> secret();

    /** {@code JWT_SECRET_PREVIOUS}: the secret before a rotation; tokens signed with it stay good until they expire. */
    Optional<String> secretPrevious();

    /** {@code JWT_EXPIRES_MINUTES}: how long a token is good for; from 1 to {@link #MOST_MINUTES}. */
    @WithDefault("60")
    @Min(value = 1, message = MINUTES)
    @Max(value = MOST_MINUTES, message = MINUTES)
    int expiresMinutes();
}
