package io.machinemanager.reservation;

import java.time.Duration;
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

    /** Of all machines of a request, with others in place of those that fail. */
    private static final Duration LONGEST_PREPARATION = Duration.ofDays(1);

    private final GuardConfig config;
    private final PlaybookRunner playbooks;

    AccountEnds(GuardConfig config, PlaybookRunner playbooks) {
        this.config = config;
        this.playbooks = playbooks;
    }

    /**
     * The end that they are made with. While machines are prepared their accounts are closed, and get another end when they
     * are opened, so the guard must only not end the playbook's work.
     */
    Optional<AccountEnd> ofAllocation(long requestId, Instant until, Instant now) {
        return of(requestId, playbooks.isSet(Playbook.PREPARE) ? until.plus(LONGEST_PREPARATION) : until, now);
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
