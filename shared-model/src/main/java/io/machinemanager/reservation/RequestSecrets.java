package io.machinemanager.reservation;

import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.database.SkipLocked;
import io.machinemanager.secret.EncryptedRows;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** Encrypts what requests keep secret again with the current key. */
@ApplicationScoped
class RequestSecrets implements EncryptedRows {

    // Only requests with a key, and those that are not over, keep secrets; each has an index.
    private static final String STALE_WITH_KEY = "idempotencyKey is not null"
            + " and (sealedSpec not like ?1 or sealedAnswer not like ?1 or sealedPassword not like ?1)";
    private static final String STALE_WITHOUT_KEY = "idempotencyKey is null and endedAt is null"
            + " and sealedPassword not like ?1";
    private static final String STALE = "(" + STALE_WITH_KEY + " or " + STALE_WITHOUT_KEY + ")";

    private final RetryingTransactions transactions;
    private final SecretBox secrets;

    RequestSecrets(RetryingTransactions transactions, SecretBox secrets) {
        this.transactions = transactions;
        this.secrets = secrets;
    }

    @Override
    public long countStale() {
        return transactions.call(() -> Request.count(STALE_WITH_KEY, current())
                + Request.count(STALE_WITHOUT_KEY, current()));
    }

    @Override
    public Step reseal(long after, int limit) {
        return transactions.call(() -> {
            List<Request> rows = SkipLocked
                    .first(Request.find(STALE + " and id > ?2 order by id", current(), after), limit);
            return Step.over(rows, after, row -> row.id, this::reseal);
        });
    }

    private boolean reseal(Request request) {
        try {
            String spec = reseal(request.keyOwner(), request.sealedSpec);
            String answer = reseal(request.keyOwner(), request.sealedAnswer);
            String password = reseal(request.passwordOwner(), request.sealedPassword);
            request.sealedSpec = spec;
            request.sealedAnswer = answer;
            request.sealedPassword = password;
            return true;
        } catch (IllegalStateException e) {
            Log.debugf("What %s keeps secret cannot be decrypted: %s", request, e.getMessage());
            return false;
        }
    }

    private String reseal(String owner, String sealed) {
        return sealed == null ? null : secrets.seal(owner, secrets.open(owner, sealed));
    }

    private String current() {
        return secrets.currentPrefix() + "%";
    }
}
