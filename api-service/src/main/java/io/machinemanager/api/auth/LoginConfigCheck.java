package io.machinemanager.api.auth;

import java.util.Optional;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.SecretStrength;
import io.machinemanager.startup.StartupCheck;
import io.machinemanager.user.LoginPassword;
import io.machinemanager.user.UserConfig;
import io.machinemanager.user.UserName;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Checks the secrets of log-ins. Production accepts no secret that is short or well known. */
@ApplicationScoped
class LoginConfigCheck implements StartupCheck {

    private static final int MIN_ADMIN_PASSWORD = 8;

    private final JwtConfig tokens;
    private final UserConfig users;

    LoginConfigCheck(JwtConfig tokens, UserConfig users) {
        this.tokens = tokens;
        this.users = users;
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

    private Stream<String> shapes() {
        return Stream
                .of(UserName.problemWith(users.adminUsername())
                        .map(problem -> "ADMIN_DEFAULT_USERNAME cannot be used: " + problem),
                        users.adminPassword().flatMap(LoginPassword::problemWith)
                                .map(problem -> "ADMIN_DEFAULT_PASSWORD cannot be used: " + problem))
                .flatMap(Optional::stream);
    }
}
