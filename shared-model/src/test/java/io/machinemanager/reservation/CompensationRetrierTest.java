package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.database.DatabaseFailure;
import io.machinemanager.database.LostRaceException;
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
 * A client that was told that its request failed has no reservation, also when the database's answer was lost and the
 * database is away, unless a repeated request was given the reservation since.
 */
@QuarkusTest
@WithTestResource(WiredMariaDbResource.class)
class CompensationRetrierTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    MariaDb database;
    Wire wire;

    private ReservationSpec spec;

    @BeforeEach
    void oneMachine() {
        wire.mend();
        fixture.clear();
        machines.reset();
        fixture.machines("m1");
        spec = new ReservationSpec(fixture.user("alice"), 1, 60, "alice", "secret word");
    }

    private List<String> states() {
        return database.query("select state from machine_manager.reservations").lines().toList();
    }

    private void assertFailsAfterTheLastCommit(Runnable reserve) {
        machines.before("m1", () -> wire.loseAnswerToCommit(1));
        assertThatThrownBy(reserve::run).matches(DatabaseFailure::isPassing);
        assertThat(wire.isCut()).isTrue();
        assertThat(states()).as("committed without an answer").containsExactly("ACTIVE");
        machines.heal("m1");
    }

    private static Lease lease(Reserved reserved) {
        return ((Reserved.Lent) reserved).lease();
    }

    private void assertIsReleased() {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).containsExactly("RELEASED"));
        assertThat(machines.allAccounts()).isEmpty();
    }

    @Test
    void aReservationIsReleasedWhenTheAnswerToItsLastCommitIsLost() {
        assertFailsAfterTheLastCommit(() -> reservations.reserve(spec));

        wire.mend();

        assertIsReleased();
        assertThat(fixture.history("m1")).contains("RELEASE_STARTED PROVISIONING_FAILED");
    }

    @Test
    void anAllocationIsReleasedBeforeItsClaimRunsOutWhenTheAnswerToItsCommitIsLost() {
        wire.loseAnswerToCommit(1);
        assertThatThrownBy(() -> reservations.reserve(spec)).matches(DatabaseFailure::isPassing);
        assertThat(states()).containsExactly("PROVISIONING");

        wire.mend();

        assertIsReleased();
    }

    @Test
    void aStoredAnswerIsDeletedBeforeItsReservationIsReleased() {
        assertFailsAfterTheLastCommit(() -> reservations.reserve(spec, "key-1"));

        wire.mend();

        assertIsReleased();
        assertThat(lease(reservations.reserve(spec, "key-1")).machines()).hasSize(1);
        assertThat(states()).containsExactlyInAnyOrder("RELEASED", "ACTIVE");
    }

    /** The lost answer is that to the record of the failed account, or to the way back to the queue. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2 })
    void aRequestIsNotQueuedOnceItsCallerWasToldThatItFailed(int commit) {
        ReservationSpec waits = spec.with(QueueTestBase.waiting(60));
        machines.delegate("m1", tasks -> {
            wire.loseAnswerToCommit(commit);
            return List.of(
                    CompletableFuture.completedFuture(new AccountResult(Outcome.FAILED, "no space left on device")));
        });
        assertThatThrownBy(() -> reservations.reserve(waits, null)).matches(DatabaseFailure::isPassing);
        machines.heal("m1");

        wire.mend();

        assertIsReleased();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database
                .query("select state from machine_manager.requests").strip()).isIn("FAILED", "CANCELLED"));
    }

    @Test
    void shutdownEndsTheRetries() {
        AtomicInteger tries = new AtomicInteger();
        CompensationRetrier retrier = new CompensationRetrier();
        retrier.retry("Something", () -> {
            tries.incrementAndGet();
            throw new LostRaceException("on purpose");
        }, new IllegalStateException("on purpose"));

        retrier.stop(new ShutdownEvent());

        await().during(Duration.ofMillis(2500)).until(() -> tries.get() == 1);
    }

    @Test
    void aReservationStaysWhenARepeatedRequestWasGivenItsAnswer() {
        try (LogLines lines = LogLines.of(CompensationRetrier.class)) {
            assertFailsAfterTheLastCommit(() -> reservations.reserve(spec, "key-1"));
            // as another replica does, which still has the database, when it is asked again
            database.query("update machine_manager.requests set answer_given = true");

            wire.mend();

            await().atMost(PATIENCE).until(() -> lines.matching(".*released after retries").size() == 1);
            assertThat(states()).containsExactly("ACTIVE");
            assertThat(machines.allAccounts()).containsExactly("m1/alice");
            assertThat(lease(reservations.reserve(spec, "key-1")).machines()).hasSize(1);
            assertThat(states()).as("the repeated request is the same").containsExactly("ACTIVE");
        }
    }
}
