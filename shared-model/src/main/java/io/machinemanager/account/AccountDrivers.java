package io.machinemanager.account;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;

/** Picks the driver that the operator wants; the other one is never made. */
@ApplicationScoped
class AccountDrivers {

    @Produces
    @ApplicationScoped
    AccountDriver driver(AccountConfig config, Instance<AnsibleDriver> ansible, Instance<SshDriver> ssh) {
        return switch (config.driver()) {
            case ANSIBLE -> ansible.get();
            case SSH -> ssh.get();
        };
    }
}
