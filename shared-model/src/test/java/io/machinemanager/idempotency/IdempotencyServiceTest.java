package io.machinemanager.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.ReservationConfig;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.reservation.ReservationStore;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
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
    ReservationFixture fixture;

    @Inject
    ReservationStore store;

    @Inject
    ReservationConfig config;

    MariaDb database;

    private Requester alice;

    @BeforeEach
    void threeMachines() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        fixture.machines("m1", "m2", "m3");
    }

    private ReservationSpec spec(int count) {
        return new ReservationSpec(alice, count, 60, "alice", null);
    }

    private boolean given() {
        return QuarkusTransaction.requiringNew().call(() -> IdempotencyKey.<IdempotencyKey>listAll().getFirst().given);
    }

    @Test
    void aRepeatedRequestGetsTheFirstAnswerWithItsPasswordAndReservesOnce() {
        Lease first = idempotency.reserve("key-1", spec(1));
        assertThat(given()).isFalse();

        assertThat(idempotency.reserve("key-1", spec(1))).isEqualTo(first);
        assertThat(given()).isTrue();
        assertThat(first.generatedPassword()).isNotNull();
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void neitherRequestNorAnswerIsReadableInTheDatabase() {
        Lease lease = idempotency.reserve("key-1", spec(1));
        idempotency.reserve("key-2", new ReservationSpec(alice, 1, 60, "alice", "a given password"));

        List<IdempotencyKey> stored = QuarkusTransaction.requiringNew().call(() -> IdempotencyKey.listAll());
        assertThat(stored).hasSize(2).allSatisfy(key -> assertThat(key.answer + key.asked)
                .doesNotContain(lease.generatedPassword(), "a given password", "alice"));
    }

    @Test
    void theSameKeyForAnotherRequestIsAConflictButNotForAnotherUser() {
        idempotency.reserve("key-1", spec(1));

        assertThatThrownBy(() -> idempotency.reserve("key-1", spec(2))).isInstanceOf(ConflictException.class);
        Requester bob = fixture.user("bob");
        idempotency.reserve("key-1", new ReservationSpec(bob, 1, 60, "bob", null));
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
    }

    @Test
    void anInvalidRequestIsRefusedWhateverItsSize() {
        ReservationSpec endless = new ReservationSpec(alice, 1, 60, "alice", "x".repeat(60_000));

        assertThatThrownBy(() -> idempotency.reserve("key-1", endless)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aRequestThatFailedMayBeRepeated() {
        assertThatThrownBy(() -> idempotency.reserve("key-1", spec(4)))
                .isInstanceOf(NotEnoughAvailableException.class);
        fixture.machines("m4");

        assertThat(idempotency.reserve("key-1", spec(4)).machines()).hasSize(4);
    }

    @Test
    void aRepeatedRequestWaitsForTheFirstOneThatIsInProgress() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> idempotency.reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));
            Future<Lease> second = executor.submit(() -> idempotency.reserve("key-1", spec(1)));
            gate.complete(null);

            assertThat(second.get()).isEqualTo(first.get());
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void aReservationIsActivatedInTheTransactionThatStoresItsAnswer() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> idempotency.reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));

            List<String> withoutAnAnswer = QuarkusTransaction.requiringNew().call(() -> {
                IdempotencyKey.lock(alice.userId(), "key-1").orElseThrow();
                gate.complete(null);
                await().until(database::hasALockWaitedFor);
                return fixture.states();
            });

            assertThat(withoutAnAnswer).as("while the answer cannot be kept").containsExactly("m1 PROVISIONING");

            assertThat(first.get().machines()).hasSize(1);
            assertThat(idempotency.reserve("key-1", spec(1))).isEqualTo(first.get());
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void aKeyIsClaimedForAClaimTimeAndForAnotherOneWithEachRenewal() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> idempotency.reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));
            IdempotencyKey fresh = key();
            store.renew(UUID.fromString(fixture.latest("m1").claimedBy), Set.of());
            IdempotencyKey renewed = key();
            gate.complete(null);

            assertThat(fresh.claimedUntil).isEqualTo(fresh.createdAt.plus(config.claim()));
            assertThat(renewed.claimedUntil).isAfter(fresh.claimedUntil);
            assertThat(first.get().machines()).hasSize(1);
        }
    }

    private IdempotencyKey key() {
        return QuarkusTransaction.requiringNew()
                .call(() -> IdempotencyKey.<IdempotencyKey>findAll().singleResult());
    }

    private static void change(String what, Object... values) {
        QuarkusTransaction.requiringNew().run(() -> IdempotencyKey.update(what, values));
    }

    @Test
    void theReservationsOfADeadWorkerAreReleasedBeforeTheRequestIsRepeated() {
        idempotency.reserve("key-1", spec(1));
        change("answer = null, claimedUntil = createdAt");

        idempotency.reserve("key-1", spec(1));

        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m1 RELEASED");
    }

    @Test
    void aRequestWaitsForTheOneThatTookOverItsKeyDuringTheRemovals() throws Exception {
        idempotency.reserve("key-1", spec(1));
        change("answer = null, claimedUntil = createdAt");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> slow = executor.submit(() -> idempotency.reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 RELEASING")));
            change("requestId = 'of another', claimedUntil = ?1", Instant.now().plusSeconds(600));
            gate.complete(null);
            await().until(() -> fixture.states().equals(List.of("m1 RELEASED")));
            await().during(Duration.ofMillis(500)).until(() -> fixture.states().equals(List.of("m1 RELEASED")));
            change("claimedUntil = createdAt");

            assertThat(slow.get().machines()).hasSize(1);
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m1 RELEASED");
    }
}
