package io.machinemanager.account.ansible;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.startup.StartupCheck;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Checks at the start for the programs of the Ansible driver. Only in production, as it takes most of a second. */
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
