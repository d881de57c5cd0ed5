package io.machinemanager.api.auth;

import java.util.Optional;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.auth.LoginConfig;
import io.machinemanager.startup.SecretStrength;
import io.machinemanager.startup.StartupCheck;
import io.machinemanager.user.LoginPassword;
import io.machinemanager.user.UserConfig;
import io.machinemanager.user.UserName;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Checks the secrets that logging in rests on. Production takes none that is short or known to everybody. */
@ApplicationScoped
class LoginConfigCheck implements StartupCheck {

    private static final int MIN_ADMIN_PASSWORD = 8;

    private final JwtConfig tokens;
    private final UserConfig users;
    private final LoginConfig logins;

    LoginConfigCheck(JwtConfig tokens, UserConfig users, LoginConfig logins) {
        this.tokens = tokens;
        this.users = users;
        this.logins = logins;
    }

    @Override
    public Stream<String> problems() {
        return problems(ConfigUtils.isProfileActive("prod"));
    }

    Stream<String> problems(boolean production) {
        return production ? Stream.concat(shapes(), production()) : shapes();
    }

    private Stream<String> production() {
        return Stream
                .of(SecretStrength.problemWith("JWT_SECRET", tokens.secret(), JwtKey.MIN_BYTES),
                        tokens.secretPrevious().flatMap(previous -> SecretStrength.problemWith("JWT_SECRET_PREVIOUS",
                                Optional.of(previous), JwtKey.MIN_BYTES)),
                        SecretStrength.problemWith("ADMIN_DEFAULT_PASSWORD", users.adminPassword(), MIN_ADMIN_PASSWORD))
                .flatMap(Optional::stream);
    }

    private static Optional<String> positive(String name, int value) {
        return value > 0 ? Optional.empty() : Optional.of(name + " is not a number of at least 1.");
    }

    private Stream<String> shapes() {
        return Stream
                .of(UserName.problemWith(users.adminUsername())
                        .map(problem -> "ADMIN_DEFAULT_USERNAME cannot be used: " + problem),
                        users.adminPassword().flatMap(LoginPassword::problemWith)
                                .map(problem -> "ADMIN_DEFAULT_PASSWORD cannot be used: " + problem),
                        Optional.of("BCRYPT_COST is not a number from 4 to 31.")
                                .filter(problem -> users.bcryptCost() < 4 || users.bcryptCost() > 31),
                        Optional.of(
                                "JWT_EXPIRES_MINUTES is not a number from 1 to %d.".formatted(JwtConfig.MOST_MINUTES))
                                .filter(problem -> tokens.expiresMinutes() < 1
                                        || tokens.expiresMinutes() > JwtConfig.MOST_MINUTES),
                        positive("LOGIN_MAX_FAILURES", logins.maxFailures()),
                        positive("LOGIN_LOCKOUT_SECONDS", logins.lockoutSeconds()),
                        positive("LOGIN_REFRESH_DAYS", logins.refreshDays()))
                .flatMap(Optional::stream);
    }
}
