package io.machinemanager.account;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Checks the numbers that lent accounts are to get. */
@ApplicationScoped
class AccountConfigCheck implements StartupCheck {

    private static final int FEWEST = 100;
    // above are those that systemd gives out by itself
    private static final int GREATEST = 60_000;

    private final AccountConfig config;

    AccountConfigCheck(AccountConfig config) {
        this.config = config;
    }

    @Override
    public Stream<String> problems() {
        boolean sound = config.uidFirst() >= 1000 && config.uidLast() <= GREATEST
                && config.uidLast() - config.uidFirst() + 1 >= FEWEST;
        return sound
                ? Stream.empty()
                : Stream.of("ACCOUNT_UID_FIRST and ACCOUNT_UID_LAST must leave at least %d numbers between 1000 and %d."
                        .formatted(FEWEST, GREATEST));
    }
}
