package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

/** A process that was stopped, or lost its power, in the middle of a transaction stands in nobody's way for long. */
@QuarkusTest
@TestProfile(SilentTransactionTest.Impatient.class)
@WithTestResource(MariaDbResource.class)
class SilentTransactionTest {

    private static final String SETTINGS = "quarkus.datasource.jdbc.additional-jdbc-properties.sessionVariables";

    /** The same as delivered, but for the length of the silence. */
    public static class Impatient implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(SETTINGS, "time_zone='+00:00',innodb_lock_wait_timeout=10,idle_transaction_timeout=1");
        }
    }

    @Inject
    RetryingTransactions transactions;

    @Inject
    EntityManager entityManager;

    MariaDb database;

    @Test
    void itsRowsAreFreeAgainAndWhatItDoesLaterFailsInPassing() {
        database.query("create table machine_manager.silent (id int primary key, touched int)"
                + " select 1 id, 0 touched");
        CompletableFuture<Void> others = new CompletableFuture<>();

        assertThatThrownBy(() -> transactions.run(() -> {
            touch();
            others.completeAsync(() -> {
                transactions.run(this::touch);
                return null;
            });
            // less than a lock is waited for
            assertThat(others).succeedsWithin(Duration.ofSeconds(8));
            touch();
        })).matches(DatabaseFailure::isPassing);

        assertThat(database.query("select touched from machine_manager.silent")).isEqualTo("1\n");
    }

    private void touch() {
        entityManager.createNativeQuery("update silent set touched = touched + 1").executeUpdate();
    }
}
