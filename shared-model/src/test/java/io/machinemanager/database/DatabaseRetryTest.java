package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import io.quarkus.runtime.configuration.ConfigurationException;

class DatabaseRetryTest {

    private static final SQLException NO_ROOM = new SQLException("Too many connections", "HY000", 1040);
    private static final SQLException AWAY = new SQLException("Connection refused", "08000");

    private final AtomicInteger tries = new AtomicInteger();
    private final DatabaseRetry retry = new DatabaseRetry(new Settings());

    /** Four tries, without pauses. */
    private record Settings() implements DatabaseConfig {

        @Override
        public Schema schema() {
            return Schema.MIGRATE;
        }

        @Override
        public Optional<String> urlProblem() {
            return Optional.empty();
        }

        @Override
        public int connectMaxRetries() {
            return 3;
        }

        @Override
        public Duration connectRetry() {
            return Duration.ZERO;
        }
    }

    @Test
    void aStepThatTheDatabaseWasNotReadyForRunsAgain() throws SQLException {
        retry.retry(() -> {
            switch (tries.incrementAndGet()) {
                case 1 -> throw AWAY;
                case 2 -> throw NO_ROOM;
                case 3 -> throw new IllegalStateException(AWAY);
                default -> {
                }
            }
        });
        assertThat(tries).hasValue(4);
    }

    @Test
    void theTriesHaveAnEnd() {
        assertThatThrownBy(() -> retry.retry(() -> {
            tries.incrementAndGet();
            throw NO_ROOM;
        })).isInstanceOf(ConfigurationException.class)
                .hasMessage("Cannot start: The database could not be reached in 4 tries: Too many connections");
        assertThat(tries).hasValue(4);
    }

    @Test
    void aFailureThatIsNotTransientIsThrownAtOnce() {
        assertThatThrownBy(() -> retry.retry(() -> {
            tries.incrementAndGet();
            throw new IllegalStateException("a defect");
        })).hasMessage("a defect");
        assertThat(tries).hasValue(1);
    }
}
