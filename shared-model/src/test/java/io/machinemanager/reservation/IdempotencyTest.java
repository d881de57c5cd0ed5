package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class IdempotencyTest {

    @Inject
    ReservationService reservations;

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

    private Lease reserve(String key, ReservationSpec spec) {
        return ((Reserved.Lent) reservations.reserve(spec, key)).lease();
    }

    private boolean given() {
        return QuarkusTransaction.requiringNew().call(() -> Request.<Request>listAll().getFirst().answerGiven);
    }

    @Test
    void aRepeatedRequestGetsTheFirstAnswerWithItsPasswordAndReservesOnce() {
        Lease first = reserve("key-1", spec(1));
        assertThat(given()).isFalse();

        assertThat(reserve("key-1", spec(1))).isEqualTo(first);
        assertThat(given()).isTrue();
        assertThat(first.generatedPassword()).isNotNull();
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void neitherRequestNorAnswerIsReadableInTheDatabase() {
        Lease lease = reserve("key-1", spec(1));
        reserve("key-2", new ReservationSpec(alice, 1, 60, "alice", "a given password"));

        List<Request> stored = QuarkusTransaction.requiringNew().call(() -> Request.listAll());
        assertThat(stored).hasSize(2).allSatisfy(request -> assertThat(request.sealedAnswer + request.sealedSpec)
                .doesNotContain(lease.generatedPassword(), "a given password", "alice"));
    }

    @Test
    void theSameKeyForAnotherRequestIsAConflictButNotForAnotherUser() {
        reserve("key-1", spec(1));

        assertThatThrownBy(() -> reserve("key-1", spec(2))).isInstanceOf(ConflictException.class);
        Requester bob = fixture.user("bob");
        reserve("key-1", new ReservationSpec(bob, 1, 60, "bob", null));
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
    }

    @Test
    void anInvalidRequestIsRefusedWhateverItsSize() {
        ReservationSpec endless = new ReservationSpec(alice, 1, 60, "alice", "x".repeat(60_000));

        assertThatThrownBy(() -> reserve("key-1", endless)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aRequestThatFailedMayBeRepeated() {
        assertThatThrownBy(() -> reserve("key-1", spec(4)))
                .isInstanceOf(NotEnoughAvailableException.class);
        fixture.machines("m4");

        assertThat(reserve("key-1", spec(4)).machines()).hasSize(4);
    }

    @Test
    void aRepeatedRequestWaitsForTheFirstOneThatIsInProgress() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));
            Future<Lease> second = executor.submit(() -> reserve("key-1", spec(1)));
            gate.complete(null);

            assertThat(second.get()).isEqualTo(first.get());
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void aReservationIsActivatedInTheTransactionThatStoresItsAnswer() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));

            List<String> withoutAnAnswer = QuarkusTransaction.requiringNew().call(() -> {
                Request.lockByKey(alice.userId(), "key-1").orElseThrow();
                gate.complete(null);
                await().until(database::hasALockWaitedFor);
                return fixture.states();
            });

            assertThat(withoutAnAnswer).as("while the answer cannot be kept").containsExactly("m1 PROVISIONING");

            assertThat(first.get().machines()).hasSize(1);
            assertThat(reserve("key-1", spec(1))).isEqualTo(first.get());
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void aRequestIsClaimedForAClaimTimeAndForAnotherOneWithEachRenewal() throws Exception {
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> first = executor.submit(() -> reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));
            Request fresh = fixture.requestOf("m1");
            store.renew(UUID.fromString(fixture.latest("m1").claimedBy), Set.of());
            Request renewed = fixture.requestOf("m1");
            gate.complete(null);

            assertThat(fresh.claimedUntil).isEqualTo(fresh.createdAt.plus(config.claim()));
            assertThat(renewed.claimedUntil).isAfter(fresh.claimedUntil);
            assertThat(first.get().machines()).hasSize(1);
        }
    }

    /** As if the service had died when it had allocated a machine. */
    private void leaveAllocated(String key) {
        reserve(key, spec(1));
        QuarkusTransaction.requiringNew().run(() -> {
            Reservation.update("state = PROVISIONING, startedAt = null, claimedBy = 'dead'");
            Request.update("state = PROVISIONING, startedAt = null, sealedAnswer = null, claimedBy = 'dead',"
                    + " claimedUntil = createdAt, passwordHash = 'x'");
        });
    }

    @Test
    void theReservationsOfADeadWorkerAreReleasedBeforeTheRequestIsRepeated() {
        leaveAllocated("key-1");

        reserve("key-1", spec(1));

        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m1 RELEASED");
        assertThat(fixture.requests()).containsExactly("alice FAILED", "alice ACTIVE");
    }

    @Test
    void oneOfTwoCallsThatRepeatTheRequestOfADeadWorkerReservesAndTheOtherGetsItsAnswer() throws Exception {
        leaveAllocated("key-1");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> slow = executor.submit(() -> reserve("key-1", spec(1)));
            await().until(() -> fixture.states().equals(List.of("m1 RELEASING")));
            Lease quick = reserve("key-1", spec(1));
            gate.complete(null);

            assertThat(slow.get()).isEqualTo(quick);
        }
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m2 ACTIVE");
    }
}
