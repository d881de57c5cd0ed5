package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.database.DatabaseFailure;
import io.machinemanager.database.LostRaceException;
import io.machinemanager.idempotency.IdempotencyService;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.LogLines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Wire;
import io.machinemanager.testing.WiredMariaDbResource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/**
 * Whoever was told that it failed has nothing, also when the database's answer was lost and the database with it; unless
 * somebody who repeated the request was told meanwhile that it has not failed.
 */
@QuarkusTest
@WithTestResource(WiredMariaDbResource.class)
class CompensationRetrierTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    ReservationService reservations;

    @Inject
    IdempotencyService idempotency;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture scene;

    MariaDb database;
    Wire wire;

    private ReservationSpec spec;

    @BeforeEach
    void oneMachine() {
        wire.mend();
        scene.clear();
        machines.reset();
        scene.machines("m1");
        spec = new ReservationSpec(scene.user("alice"), 1, 60, "alice", "secret word");
    }

    private List<String> states() {
        return database.query("select state from machine_manager.reservations").lines().toList();
    }

    private void assertFailsWithTheLastStepDone(Runnable reserve) {
        machines.before("m1", () -> wire.loseAnswerToCommit(1));
        assertThatThrownBy(reserve::run).matches(DatabaseFailure::isPassing);
        assertThat(wire.isCut()).isTrue();
        assertThat(states()).as("what was done without an answer").containsExactly("ACTIVE");
        machines.heal("m1");
    }

    private void assertIsTakenBack() {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).containsExactly("RELEASED"));
        assertThat(machines.allAccounts()).isEmpty();
    }

    @Test
    void aReservationWhoseLastStepWasDoneWithoutAnAnswerIsTakenBack() {
        assertFailsWithTheLastStepDone(() -> reservations.reserve(spec));

        wire.mend();

        assertIsTakenBack();
        assertThat(scene.history("m1")).contains("RELEASE_STARTED PROVISIONING_FAILED");
    }

    @Test
    void anAllocationThatWasDoneWithoutAnAnswerIsTakenBackBeforeItsClaimRunsOut() {
        wire.loseAnswerToCommit(1);
        assertThatThrownBy(() -> reservations.reserve(spec)).matches(DatabaseFailure::isPassing);
        assertThat(states()).containsExactly("PROVISIONING");

        wire.mend();

        assertIsTakenBack();
    }

    @Test
    void anAnswerThatNobodyWasGivenIsForgottenBeforeItBecomesUntrue() {
        assertFailsWithTheLastStepDone(() -> idempotency.reserve("key-1", spec));

        wire.mend();

        assertIsTakenBack();
        assertThat(idempotency.reserve("key-1", spec).machines()).hasSize(1);
        assertThat(states()).containsExactlyInAnyOrder("RELEASED", "ACTIVE");
    }

    @Test
    void aStopEndsTheRepetitions() {
        AtomicInteger tries = new AtomicInteger();
        CompensationRetrier owed = new CompensationRetrier();
        owed.retry("Something", () -> {
            tries.incrementAndGet();
            throw new LostRaceException("on purpose");
        }, new IllegalStateException("on purpose"));

        owed.stop(new ShutdownEvent());

        await().during(Duration.ofMillis(2500)).until(() -> tries.get() == 1);
    }

    @Test
    void anAnswerThatSomebodyWasGivenMeanwhileStaysTrue() {
        try (LogLines lines = LogLines.of(CompensationRetrier.class)) {
            assertFailsWithTheLastStepDone(() -> idempotency.reserve("key-1", spec));
            // as another replica does, which still has the database, when it is asked again
            database.query("update machine_manager.idempotency_keys set given = true");

            wire.mend();

            await().atMost(PATIENCE).until(() -> lines.matching(".*released after retries").size() == 2);
            assertThat(states()).containsExactly("ACTIVE");
            assertThat(machines.allAccounts()).containsExactly("m1/alice");
            assertThat(idempotency.reserve("key-1", spec).machines()).hasSize(1);
            assertThat(states()).as("the repeated request is the same").containsExactly("ACTIVE");
        }
    }
}
