package io.machinemanager.api.auth;

import java.time.Duration;
import java.util.Optional;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.auth.ApiKeyName;
import io.machinemanager.auth.NewApiKey;
import io.machinemanager.user.UserStatus;

/**
 * An API key to be created.
 *
 * @param name its name, unique among the owner's keys
 * @param expiresInDays for how many days it is valid; 90 when it is left out, at most 366
 * @param role {@code admin} or {@code user}; the owner's own role when it is left out
 */
public record ApiKeyCreation(String name, Integer expiresInDays, String role) {

    private static final int DEFAULT_DAYS = 90;
    private static final int MAX_DAYS = 366;
    private static final String USER = "user";

    void check() {
        new FieldCheck().required("name", name, ApiKeyName::problemWith)
                .optional("expires_in_days", expiresInDays, ApiKeyCreation::problemWithDays)
                .optional("role", role, ApiKeyCreation::problemWithRole).orThrow();
    }

    private static Optional<String> problemWithDays(int days) {
        return days >= 1 && days <= MAX_DAYS
                ? Optional.empty()
                : Optional.of("An API key is good for 1 to %d days.".formatted(MAX_DAYS));
    }

    private static Optional<String> problemWithRole(String role) {
        return role.equals(Role.ADMIN) || role.equals(USER)
                ? Optional.empty()
                : Optional.of("The role of an API key is %s or %s.".formatted(USER, Role.ADMIN));
    }

    NewApiKey toNewApiKey(UserStatus owner) {
        return new NewApiKey(name, Duration.ofDays(expiresInDays == null ? DEFAULT_DAYS : expiresInDays),
                role == null ? owner.admin() : role.equals(Role.ADMIN));
    }
}
