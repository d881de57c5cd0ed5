package io.machinemanager.reservation;

import java.time.Instant;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountEnd;
import io.machinemanager.account.GuardConfig;

/** The ends that accounts get on their machines. */
@ApplicationScoped
class AccountEnds {

    private final GuardConfig config;

    AccountEnds(GuardConfig config) {
        this.config = config;
    }

    /**
     * The end of the accounts of a request.
     *
     * @param until when their time is over
     * @param now the database's time
     * @return empty when machines get no guard
     */
    Optional<AccountEnd> of(long requestId, Instant until, Instant now) {
        return config.enabled() ? Optional.of(AccountEnd.of(until, now, requestId, config)) : Optional.empty();
    }
}
