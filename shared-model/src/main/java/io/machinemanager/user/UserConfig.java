package io.machinemanager.user;

import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about users. */
@ConfigMapping(prefix = "users")
public interface UserConfig {

    /** {@code ADMIN_DEFAULT_USERNAME}: the name of the admin that is made when there is none at all. */
    @WithDefault("admin")
    String adminUsername();

    /**
     * {@code ADMIN_DEFAULT_PASSWORD}: the first password of that admin; changing it later does not change the admin's.
     * Production does not start without it.
     */
    Optional<String> adminPassword();

    /**
     * {@code BCRYPT_COST}: how much work it is to check a password, 4 to 31; each step doubles it, for whoever guesses and
     * for each log-in. Passwords that were set before a change keep their cost.
     */
    @WithDefault("10")
    int bcryptCost();
}
