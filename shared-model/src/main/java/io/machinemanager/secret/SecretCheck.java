package io.machinemanager.secret;

import java.util.Optional;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

import io.machinemanager.startup.StartupCheck;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Checks the keys that encrypt secrets in the database. */
@ApplicationScoped
class SecretCheck implements StartupCheck {

    private final SecretConfig config;
    private final boolean production;

    @Inject
    SecretCheck(SecretConfig config) {
        this(config, ConfigUtils.isProfileActive("prod"));
    }

    SecretCheck(SecretConfig config, boolean production) {
        this.config = config;
        this.production = production;
    }

    @Override
    public Stream<String> problems() {
        Stream<String> missing = config.key().isEmpty() && production
                ? Stream.of("MACHINE_SECRETS_KEY is missing; make one with: openssl rand -base64 32")
                : Stream.empty();
        return Stream.of(missing, problem("MACHINE_SECRETS_KEY", config.key()),
                problem("MACHINE_SECRETS_KEY_PREVIOUS", config.keyPrevious())).flatMap(problems -> problems);
    }

    private static Stream<String> problem(String name, Optional<String> key) {
        return key.flatMap(SecretBox::problemWith)
                .map(problem -> "%s cannot be used: %s; make one with: openssl rand -base64 32".formatted(name,
                        problem))
                .stream();
    }
}
