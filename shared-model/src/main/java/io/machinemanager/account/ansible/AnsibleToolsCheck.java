package io.machinemanager.account.ansible;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.startup.StartupCheck;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Looks for the programs that account work needs, in production only: it takes the better part of a second. */
@ApplicationScoped
class AnsibleToolsCheck implements StartupCheck {

    private final AccountConfig config;

    AnsibleToolsCheck(AccountConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        return config.driver() == Driver.ANSIBLE && ConfigUtils.isProfileActive("prod")
                ? AnsibleVersion.problemWith(config.playbook()).stream()
                : Stream.empty();
    }
}
