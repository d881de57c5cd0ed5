package io.machinemanager.reservation;

import java.time.Instant;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountEnd;
import io.machinemanager.account.GuardConfig;
import io.machinemanager.playbook.Playbook;
import io.machinemanager.playbook.PlaybookRunner;

/** The ends that accounts get on their machines. */
@ApplicationScoped
class AccountEnds {

    private final GuardConfig config;
    private final PlaybookRunner playbooks;

    AccountEnds(GuardConfig config, PlaybookRunner playbooks) {
        this.config = config;
        this.playbooks = playbooks;
    }

    /** The end that they are made with: the user's time begins after the preparation, however long that takes. */
    Optional<AccountEnd> ofAllocation(long requestId, Instant until, Instant now) {
        return of(requestId, until.plus(playbooks.longest(Playbook.PREPARE)), now);
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
