package io.machinemanager.account;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;

import io.smallrye.common.annotation.Identifier;

/** Selects the driver that {@code ACCOUNT_DRIVER} names. The other one is never created. */
@ApplicationScoped
class AccountDrivers {

    @Produces
    @ApplicationScoped
    AccountDriver driver(AccountConfig config, @Any Instance<AccountDriver> drivers) {
        return drivers.select(Identifier.Literal.of(config.driver().name())).get();
    }
}
