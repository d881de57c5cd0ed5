package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(DatabaseOutageTest.Impatient.class)
class DatabaseOutageTest {

    public static class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "2000");
        }
    }

    @Inject
    Transactions transactions;

    @Inject
    DatabaseClock clock;

    MariaDb database;

    private Instant ask() {
        return transactions.call(clock::now);
    }

    private void fillPool() {
        IntStream.range(0, 10).parallel().forEach(i -> ask());
    }

    @Test
    void connectionsThatARestartCutAreReplacedUnseen() {
        fillPool();
        database.stop();
        assertThatThrownBy(this::ask).matches(failure -> Reachability.lostConnection(failure).isPresent());
        database.resume();
        Awaitility.await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> ask() != null);
        fillPool();
    }

    @Test
    void frozenDatabaseFailsInBoundedTimeAndIsUsedAgainAfterwards() {
        fillPool();
        database.freeze();
        long start = System.nanoTime();
        try {
            assertThatThrownBy(this::ask).matches(failure -> Reachability.lostConnection(failure).isPresent());
        } finally {
            database.thaw();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        Awaitility.await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> ask() != null);
        fillPool();
    }
}
