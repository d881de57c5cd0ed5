package io.machinemanager.idempotency;

import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.database.SkipLocked;
import io.machinemanager.secret.EncryptedRows;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** Encrypts stored requests and answers again with the current key. */
@ApplicationScoped
class IdempotencySecrets implements EncryptedRows {

    private static final String STALE = "(asked not like ?1 or answer not like ?1)";

    private final RetryingTransactions transactions;
    private final SecretBox secrets;

    IdempotencySecrets(RetryingTransactions transactions, SecretBox secrets) {
        this.transactions = transactions;
        this.secrets = secrets;
    }

    @Override
    public long countStale() {
        return transactions.call(() -> IdempotencyKey.count(STALE, current()));
    }

    @Override
    public Step reseal(long after, int limit) {
        return transactions.call(() -> {
            List<IdempotencyKey> rows = SkipLocked
                    .first(IdempotencyKey.find(STALE + " and id > ?2 order by id", current(), after), limit);
            return Step.over(rows, after, row -> row.id, this::reseal);
        });
    }

    private boolean reseal(IdempotencyKey key) {
        try {
            String asked = secrets.open(key.secretOwner(), key.asked);
            String answer = key.answer == null ? null : secrets.open(key.secretOwner(), key.answer);
            key.asked = secrets.seal(key.secretOwner(), asked);
            key.answer = answer == null ? null : secrets.seal(key.secretOwner(), answer);
            return true;
        } catch (IllegalStateException e) {
            Log.debugf("A stored answer cannot be decrypted: %s", e.getMessage());
            return false;
        }
    }

    private String current() {
        return secrets.currentPrefix() + "%";
    }
}
