package io.machinemanager.api.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;

import org.junit.jupiter.api.Test;

import io.machinemanager.auth.LoginConfig;
import io.machinemanager.testing.ConfigProblems;
import io.machinemanager.user.UserConfig;

class LoginConfigCheckTest {

    private static final Optional<String> GOOD = Optional.of("a secret of 32 bytes or even more");

    private record Tokens(Optional<String> secret, Optional<String> secretPrevious,
            int expiresMinutes) implements JwtConfig {
    }

    private record Users(String adminUsername, Optional<String> adminPassword, int bcryptCost) implements UserConfig {
    }

    private record Logins(int maxFailures, int lockoutSeconds, int refreshDays) implements LoginConfig {
    }

    private static LoginConfigCheck check(Optional<String> secret, Optional<String> previous,
            Optional<String> password) {
        return new LoginConfigCheck(new Tokens(secret, previous, 60), new Users("admin", password, 10));
    }

    @Test
    void productionTakesSecretsThatAreLongAndNotKnownToEverybody() {
        assertThat(check(GOOD, Optional.empty(), GOOD).problems(true)).isEmpty();
        assertThat(check(GOOD, GOOD, GOOD).problems(true)).isEmpty();
    }

    @Test
    void productionRefusesMissingShortAndDefaultSecrets() {
        assertThat(check(Optional.empty(), Optional.empty(), Optional.empty()).problems(true))
                .anyMatch(line -> line.startsWith("JWT_SECRET is missing"))
                .anyMatch(line -> line.startsWith("ADMIN_DEFAULT_PASSWORD is missing"));
        assertThat(check(Optional.of("short"), Optional.of("short"), Optional.of("short")).problems(true))
                .anyMatch(line -> line.startsWith("JWT_SECRET is too short"))
                .anyMatch(line -> line.startsWith("JWT_SECRET_PREVIOUS is too short"))
                .anyMatch(line -> line.startsWith("ADMIN_DEFAULT_PASSWORD is too short"));
        assertThat(check(Optional.of("change-me"), Optional.empty(), Optional.of("change-me")).problems(true))
                .anyMatch(line -> line.startsWith("JWT_SECRET is still change-me"))
                .anyMatch(line -> line.startsWith("ADMIN_DEFAULT_PASSWORD is still change-me"));
    }

    @Test
    void developmentTakesAnySecretThatWorks() {
        assertThat(check(Optional.empty(), Optional.empty(), Optional.of("change-me")).problems(false)).isEmpty();
    }

    @Test
    void whatCannotWorkIsRefusedEverywhere() {
        assertThat(check(GOOD, Optional.empty(), Optional.of("x".repeat(73))).problems(false))
                .singleElement().asString().startsWith("ADMIN_DEFAULT_PASSWORD cannot be used");
        assertThat(new LoginConfigCheck(new Tokens(GOOD, GOOD, 60), new Users("a b", GOOD, 10)).problems(false))
                .singleElement().asString().startsWith("ADMIN_DEFAULT_USERNAME cannot be used");
        assertThat(ConfigProblems.of(JwtConfig.class, new Tokens(GOOD, GOOD, 0))).hasSize(1);
        assertThat(ConfigProblems.of(JwtConfig.class, new Tokens(GOOD, GOOD, JwtConfig.MOST_MINUTES + 1)))
                .containsExactly("JWT_EXPIRES_MINUTES is not a number from 1 to 525600.");
        assertThat(ConfigProblems.of(UserConfig.class, new Users("admin", GOOD, 3)))
                .containsExactly("BCRYPT_COST is not a number from 4 to 31.");
        assertThat(ConfigProblems.of(LoginConfig.class, new Logins(0, -1, 0))).containsExactlyInAnyOrder(
                "LOGIN_MAX_FAILURES is not a number of at least 1.",
                "LOGIN_LOCKOUT_SECONDS is not a number of at least 1.",
                "LOGIN_REFRESH_DAYS is not a number of at least 1.");
    }
}
