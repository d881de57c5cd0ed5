package io.machinemanager.api.auth;

import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about tokens. */
@ConfigMapping(prefix = "jwt")
public interface JwtConfig {

    /** A year. */
    int MOST_MINUTES = 525_600;

    /**
     * {@code JWT_SECRET}: what tokens are signed with; the same for all replicas. Whoever knows it can be any user. Production
     * does not start without one of at least 32 bytes.
     */
    Optional<String> secret();

    /** {@code JWT_SECRET_PREVIOUS}: the secret before a rotation; tokens signed with it stay good until they expire. */
    Optional<String> secretPrevious();

    /** {@code JWT_EXPIRES_MINUTES}: how long a token is good for; from 1 to {@link #MOST_MINUTES}. */
    @WithDefault("60")
    int expiresMinutes();
}
