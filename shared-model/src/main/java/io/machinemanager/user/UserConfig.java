package io.machinemanager.user;

import java.util.Optional;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of users. */
@ConfigMapping(prefix = "users")
public interface UserConfig {

    /** {@code ADMIN_DEFAULT_USERNAME}: the name of the admin that the service creates when there is no admin. */
    @WithDefault("admin")
    String adminUsername();

    /**
     * {@code ADMIN_DEFAULT_PASSWORD}: the first password of that admin; changing it later does not change the admin's.
     * Production does not start without it.
     */
    Optional<String> adminPassword();

    /**
     * {@code BCRYPT_COST}: how much work it is to check a password, 4 to 31. Each step doubles the work, for an attacker
     * who guesses and for each log-in. Passwords that were set before a change keep their cost.
     */
    @WithDefault("10")
    @Min(value = 4, message = "BCRYPT_COST is not a number from 4 to 31.")
    @Max(value = 31, message = "BCRYPT_COST is not a number from 4 to 31.")
    int bcryptCost();
}
