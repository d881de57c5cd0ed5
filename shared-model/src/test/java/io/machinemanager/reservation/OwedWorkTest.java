package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.database.DatabaseFailure;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.LogLines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.Wire;
import io.machinemanager.testing.WiredMariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/**
 * Whoever was told that it failed has nothing, also when the database's answer was lost and the database with it; but for
 * what was promised to whoever repeats it with its key.
 */
@QuarkusTest
@WithTestResource(WiredMariaDbResource.class)
class OwedWorkTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    ReservationService reservations;

    @Inject
    IdempotencyService idempotency;

    @Inject
    FakeMachines machines;

    @Inject
    Scene scene;

    MariaDb database;
    Wire wire;

    private ReservationOrder order;

    @BeforeEach
    void oneMachine() {
        wire.mend();
        scene.clear();
        machines.reset();
        scene.machines("m1");
        order = new ReservationOrder(scene.user("alice"), 1, 60, "alice", "secret word");
    }

    private List<String> states() {
        return database.query("select state from machine_manager.reservations").lines().toList();
    }

    @Test
    void aReservationWhoseLastStepWasDoneWithoutAnAnswerIsTakenBack() {
        machines.before("m1", () -> wire.loseAnswerToCommit(1));

        assertThatThrownBy(() -> reservations.reserve(order)).matches(DatabaseFailure::isPassing);
        assertThat(wire.isCut()).isTrue();
        assertThat(states()).as("what was done without an answer").containsExactly("ACTIVE");

        machines.heal("m1");
        wire.mend();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).containsExactly("RELEASED"));
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.history("m1")).contains("RELEASE_STARTED PROVISIONING_FAILED");
    }

    @Test
    void anAnswerThatWasKeptForItsKeyStaysTrue() {
        machines.before("m1", () -> wire.loseAnswerToCommit(1));
        try (LogLines lines = LogLines.of(OwedWork.class)) {
            assertThatThrownBy(() -> idempotency.reserve("key-1", order)).matches(DatabaseFailure::isPassing);
            assertThat(wire.isCut()).isTrue();

            wire.mend();

            Lease kept = idempotency.reserve("key-1", order);
            await().atMost(PATIENCE).until(() -> lines.matching(".*settled after all").size() == 2);
            assertThat(states()).as("after somebody was given the answer").containsExactly("ACTIVE");
            assertThat(machines.allAccounts()).containsExactly("m1/alice");
            assertThat(idempotency.reserve("key-1", order)).isEqualTo(kept);
        }
    }
}
