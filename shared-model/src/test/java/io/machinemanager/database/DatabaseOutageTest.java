package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.machinemanager.error.NotFoundException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.User;
import io.quarkus.narayana.jta.QuarkusTransaction;
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
    RetryingTransactions transactions;

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
        assertThatThrownBy(this::ask).matches(failure -> DatabaseReachability.lostConnection(failure).isPresent());
        database.resume();
        Awaitility.await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> ask() != null);
        fillPool();
    }

    @Test
    void nothingIsTakenForMissingBecauseTheDatabaseWentAway() {
        long id = transactions.call(this::newUser);
        fillPool();
        database.stop();
        try {
            for (int i = 0; i < 20; i++) {
                assertThatThrownBy(() -> transactions.call(() -> User.findById(id)))
                        .matches(failure -> DatabaseReachability.lostConnection(failure).isPresent());
            }
        } finally {
            database.resume();
        }
        Awaitility.await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> ask() != null);
    }

    @Test
    void workWhoseTransactionBrokeLooksAgain() {
        AtomicInteger times = new AtomicInteger();
        assertThat(transactions.call(() -> {
            if (times.incrementAndGet() == 1) {
                QuarkusTransaction.setRollbackOnly();
                throw new NotFoundException("It seems to be gone.");
            }
            if (times.get() == 2) {
                QuarkusTransaction.setRollbackOnly();
                return "seen in the broken one";
            }
            return "seen";
        })).isEqualTo("seen");
    }

    private long newUser() {
        User user = new User();
        user.username = UUID.randomUUID().toString();
        user.passwordHash = "-";
        user.createdAt = Instant.EPOCH;
        user.persist();
        return user.id;
    }

    @Test
    void frozenDatabaseFailsInBoundedTimeAndIsUsedAgainAfterwards() {
        fillPool();
        database.freeze();
        long start = System.nanoTime();
        try {
            assertThatThrownBy(this::ask).matches(failure -> DatabaseReachability.lostConnection(failure).isPresent());
        } finally {
            database.thaw();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        Awaitility.await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> ask() != null);
        fillPool();
    }
}
