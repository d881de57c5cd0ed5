package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class DatabaseSessionTest {

    @Inject
    RetryingTransactions transactions;

    @Inject
    EntityManager entityManager;

    private String setting(String name) {
        return transactions.call(() -> entityManager.createNativeQuery("select @@" + name, String.class)
                .getSingleResult().toString());
    }

    @Test
    void transactionsAreReadCommitted() {
        assertThat(setting("tx_isolation")).isEqualTo("READ-COMMITTED");
    }

    @Test
    void sessionsAreInUtc() {
        assertThat(setting("time_zone")).isEqualTo("+00:00");
    }

    @Test
    void waitingForALockEndsBeforeTheSocketsTimeout() {
        assertThat(setting("innodb_lock_wait_timeout")).isEqualTo("10");
    }

    @Test
    void aProcessThatFallsSilentInATransactionHoldsItsRowsForTwentySeconds() {
        assertThat(setting("idle_transaction_timeout")).isEqualTo("20");
    }
}
