package io.machinemanager.pool;

import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.Target;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.reservation.FreeMachines;
import io.machinemanager.reservation.WorkItem;
import io.machinemanager.secret.SecretBox;

/** Opens SSH connections to the machines that will be lent next, before they are requested. */
@ApplicationScoped
public class ConnectionWarmUpService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final AccountDriver driver;
    private final AccountConfig config;

    ConnectionWarmUpService(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets,
            AccountDriver driver,
            AccountConfig config) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.driver = driver;
        this.config = config;
    }

    /** Opens connections to the next free machines, at most {@link AccountConfig#maxConnections()}. */
    public void connectNext() {
        if (config.driver() == Driver.SSH) {
            driver.prepare(transactions.call(this::next));
        }
    }

    private List<Target> next() {
        return FreeMachines.next(clock.now(), config.maxConnections()).stream()
                .map(machine -> WorkItem.target(machine, secrets)).toList();
    }
}
