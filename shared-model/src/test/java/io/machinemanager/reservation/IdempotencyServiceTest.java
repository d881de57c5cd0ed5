package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class IdempotencyServiceTest {

    @Inject
    IdempotencyService idempotency;

    @Inject
    FakeMachines machines;

    @Inject
    Scene scene;

    private Borrower alice;

    @BeforeEach
    void threeMachines() {
        scene.clear();
        machines.reset();
        alice = scene.user("alice");
        scene.machines("m1", "m2", "m3");
    }

    private ReservationOrder order(int count) {
        return new ReservationOrder(alice, count, 60, "alice", null);
    }

    @Test
    void aRepeatedRequestGetsTheFirstAnswerWithItsPasswordAndReservesOnce() {
        Lease first = idempotency.reserve("key-1", order(1));

        assertThat(idempotency.reserve("key-1", order(1))).isEqualTo(first);
        assertThat(first.generatedPassword()).isNotNull();
        assertThat(scene.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void nothingOfTheAnswerOrTheQuestionIsReadableInTheDatabase() {
        Lease lease = idempotency.reserve("key-1", order(1));
        idempotency.reserve("key-2", new ReservationOrder(alice, 1, 60, "alice", "a given password"));

        List<IdempotencyKey> stored = QuarkusTransaction.requiringNew().call(() -> IdempotencyKey.listAll());
        assertThat(stored).hasSize(2).allSatisfy(key -> assertThat(key.answer + key.asked)
                .doesNotContain(lease.generatedPassword(), "a given password", "alice"));
    }

    @Test
    void theSameKeyForAnotherRequestIsAConflictButNotForAnotherUser() {
        idempotency.reserve("key-1", order(1));

        assertThatThrownBy(() -> idempotency.reserve("key-1", order(2))).isInstanceOf(ConflictException.class);
        Borrower bob = scene.user("bob");
        idempotency.reserve("key-1", new ReservationOrder(bob, 1, 60, "bob", null));
        assertThat(scene.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
    }

    @Test
    void aRequestThatFailedMayBeRepeated() {
        assertThatThrownBy(() -> idempotency.reserve("key-1", order(4)))
                .isInstanceOf(NotEnoughAvailableException.class);
        scene.machines("m4");

        assertThat(idempotency.reserve("key-1", order(4)).machines()).hasSize(4);
    }

    @Test
    void aRepetitionWhileTheFirstIsWorkedOnWaitsForItsAnswer() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> idempotency.reserve("key-1", order(1)));
            await().until(() -> scene.states().equals(List.of("m1 PROVISIONING")));
            Future<Lease> second = executor.submit(() -> idempotency.reserve("key-1", order(1)));
            gate.complete(null);

            assertThat(second.get()).isEqualTo(first.get());
        }
        assertThat(scene.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void anAnswerIsKeptInTheVeryStepThatMakesItTrue() {
        machines.before("m1", () -> QuarkusTransaction.requiringNew()
                .run(() -> IdempotencyKey.update("requestId = 'another' where requestKey = 'key-1'")));

        // somebody else has taken the key meanwhile: then there is no reservation either, not for a moment
        assertThatThrownBy(() -> idempotency.reserve("key-1", order(1))).isInstanceOf(ConflictException.class);
        assertThat(scene.history("m1")).doesNotContain("ACCOUNT_MADE").contains("VERIFIED_GONE");
        assertThat(machines.allAccounts()).isEmpty();
    }

    @Test
    void whatADeadWorkerReservedIsGivenBackBeforeTheWorkIsDoneAnew() {
        idempotency.reserve("key-1", order(1));
        QuarkusTransaction.requiringNew()
                .run(() -> IdempotencyKey.update("answer = null, claimedUntil = createdAt where requestKey = 'key-1'"));

        idempotency.reserve("key-1", order(1));

        assertThat(scene.states()).containsExactly("m1 ACTIVE", "m1 RELEASED");
    }
}
