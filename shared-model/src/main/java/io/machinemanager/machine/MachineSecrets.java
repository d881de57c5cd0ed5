package io.machinemanager.machine;

import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.database.SkipLocked;
import io.machinemanager.secret.EncryptedRows;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** Encrypts the passwords and private keys of machines again with the current key. */
@ApplicationScoped
class MachineSecrets implements EncryptedRows {

    private static final String STALE = "(sealedPassword not like ?1 or sealedPrivateKey not like ?1)";

    private final RetryingTransactions transactions;
    private final SecretBox secrets;

    MachineSecrets(RetryingTransactions transactions, SecretBox secrets) {
        this.transactions = transactions;
        this.secrets = secrets;
    }

    @Override
    public long countStale() {
        return transactions.call(() -> Machine.count(STALE, current()));
    }

    @Override
    public Step reseal(long after, int limit) {
        return transactions.call(() -> {
            List<Machine> rows = SkipLocked
                    .first(Machine.find(STALE + " and id > ?2 order by id", current(), after), limit);
            return Step.over(rows, after, row -> row.id, this::reseal);
        });
    }

    private boolean reseal(Machine machine) {
        try {
            machine.seal(machine.credentials(secrets), secrets);
            return true;
        } catch (IllegalStateException e) {
            // debug only: this runs every minute, and the scheduler logs how many there are
            Log.debugf("Machine %s: %s", machine.name, e.getMessage());
            return false;
        }
    }

    private String current() {
        return secrets.currentPrefix() + "%";
    }
}
