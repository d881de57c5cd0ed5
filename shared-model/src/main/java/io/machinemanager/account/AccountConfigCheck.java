package io.machinemanager.account;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Checks the range of uids for accounts on machines. */
@ApplicationScoped
class AccountConfigCheck implements StartupCheck {

    private static final int MIN_SIZE = 100;
    // systemd assigns higher ones by itself (UIDS-GIDS.md of systemd)
    private static final int MAX_UID = 60_000;

    private final AccountConfig config;

    AccountConfigCheck(AccountConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        boolean valid = config.uidFirst() >= 1000 && config.uidLast() <= MAX_UID
                && config.uidLast() - config.uidFirst() + 1 >= MIN_SIZE;
        return valid
                ? Stream.empty()
                : Stream.of("ACCOUNT_UID_FIRST and ACCOUNT_UID_LAST must leave at least %d numbers between 1000 and %d."
                        .formatted(MIN_SIZE, MAX_UID));
    }
}
