package io.machinemanager.machine;

import java.util.Optional;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Checks the keys that encrypt the machines' passwords. */
@ApplicationScoped
class MachineSecretsCheck implements StartupCheck {

    private final MachineConfig config;

    MachineSecretsCheck(MachineConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        boolean production = ConfigUtils.isProfileActive("prod");
        Stream<String> missing = config.secretsKey().isEmpty() && production
                ? Stream.of("MACHINE_SECRETS_KEY is missing; make one with: openssl rand -base64 32")
                : Stream.empty();
        return Stream.of(missing, problem("MACHINE_SECRETS_KEY", config.secretsKey()),
                problem("MACHINE_SECRETS_KEY_PREVIOUS", config.secretsKeyPrevious())).flatMap(problems -> problems);
    }

    private static Stream<String> problem(String name, Optional<String> key) {
        return key.flatMap(MachineSecrets::problemWith)
                .map(problem -> "%s cannot be used: %s; make one with: openssl rand -base64 32".formatted(name,
                        problem))
                .stream();
    }
}
