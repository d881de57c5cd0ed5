package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import jakarta.inject.Inject;
import jakarta.persistence.LockModeType;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.user.User;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(LimitsTest.ThreeForTwoHours.class)
@WithTestResource(MariaDbResource.class)
class LimitsTest {

    /** Each user may hold three machines, each for two hours. A host key may take longer than any test. */
    public static class ThreeForTwoHours implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("RESERVATION_MAX_MACHINES", "3", "RESERVATION_MAX_MINUTES", "120",
                    "machines.host-key-timeout", "5m");
        }
    }

    @Inject
    ReservationService reservations;

    @Inject
    RequestService requests;

    @Inject
    QueueService queue;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    MariaDb database;

    private Requester alice;

    @BeforeEach
    void tenMachines() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        fixture.machines(Stream.iterate(0, i -> i + 1).limit(10).map(i -> "m" + i).toArray(String[]::new));
    }

    private Lease reserve(Requester requester, int count) {
        return reserve(requester, count, 60);
    }

    private Lease reserve(Requester requester, int count, int minutes) {
        return reservations.reserve(new ReservationSpec(requester, count, minutes, requester.name(), "secret word"));
    }

    @Test
    void noReservationLastsLongerThanTheLimitAlsoAfterExtensions() {
        assertThatThrownBy(() -> reserve(alice, 1, 121)).isInstanceOf(InvalidRequestException.class)
                .hasMessage("The duration must be 1 to 120 minutes.");
        Lease lease = reserve(alice, 1, 119);
        long id = lease.machines().getFirst().reservationId();

        assertThat(reservations.extend(id, new NewEnd.After(120)).durationMinutes).isEqualTo(120);
        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(121)))
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining("longest duration of 120 minutes");
        assertThat(fixture.latest(lease.machines().getFirst().name()).durationMinutes).isEqualTo(120);
    }

    @Test
    void aUserReservesNoMoreMachinesThanTheLimitAndOthersAreNotAffected() {
        reserve(alice, 2);

        assertThatThrownBy(() -> reserve(alice, 2)).isInstanceOf(LimitReachedException.class)
                .hasMessage(
                        "You may have 3 machines at once (RESERVATION_MAX_MACHINES); you have 2 and ask for 2 more.")
                .extracting("details").isEqualTo(Map.of("limit", 3L, "used", 2L));
        assertThat(reserve(alice, 1).machines()).hasSize(1);
        assertThat(reserve(fixture.user("bob"), 3).machines()).hasSize(3);
        assertThat(fixture.states()).hasSize(6);
    }

    @Test
    void reservationsThatAreBeingReleasedDoNotCount() {
        Lease lease = reserve(alice, 3);
        String first = lease.machines().getFirst().name();
        machines.fail(first, Action.REMOVE, Outcome.FAILED, "userdel: busy");

        reservations.release(lease.machines().getFirst().reservationId());

        assertThat(fixture.latest(first).state).isEqualTo(ReservationState.RELEASING);
        assertThat(reserve(alice, 1).machines()).hasSize(1);
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(LimitReachedException.class);
    }

    @Test
    void aWaitingRequestIsNotServedBeyondTheLimitThatACallReachesAtTheSameInstant() {
        Requester bob = fixture.user("bob");
        reserve(alice, 2);
        reserve(bob, 1);
        String bobs = QuarkusTransaction.requiringNew()
                .call(() -> Reservation.<Reservation>find("ownerName", "bob").firstResult().machineName);
        long waiting = ((Reserved.Accepted) reservations
                .reserve(new ReservationSpec(alice, 1, 60, "alice", "secret word")
                        .with(QueueTestBase.waiting(60, bobs)), null))
                .requestId();
        reservations.release(fixture.latest(bobs).id);
        reserve(bob, 1, 30);

        CompletableFuture<Void> served = QuarkusTransaction.requiringNew().call(() -> {
            User.findById(alice.userId(), LockModeType.PESSIMISTIC_WRITE);
            CompletableFuture<Void> dispatch = CompletableFuture.runAsync(
                    () -> queue.dispatch(10).forEach(CompletableFuture::join), task -> Thread.ofVirtual().start(task));
            await().atMost(Duration.ofSeconds(20)).until(() -> database
                    .query("select count(*) from information_schema.innodb_trx where trx_state = 'LOCK WAIT'").strip()
                    .equals("1"));
            // as if the call that holds the lock had reserved the third machine of alice
            Reservation.update("ownerId = ?1 where ownerName = 'bob' and liveMachineId is not null", alice.userId());
            return dispatch;
        });
        served.join();

        assertThat(requests.details(waiting).state()).isEqualTo(RequestState.QUEUED);
        assertThat(requests.details(waiting).outlook().reason())
                .contains("would have 4 machines; at most 3 are allowed");
    }

    @Test
    void concurrentRequestsDoNotExceedTheLimit() throws Exception {
        List<Callable<Boolean>> requests = Stream.<Callable<Boolean>>generate(() -> this::isGrantedOne).limit(8)
                .toList();
        List<Boolean> granted;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            granted = executor.invokeAll(requests).stream().map(Future::resultNow).toList();
        }
        assertThat(granted).filteredOn(isGranted -> isGranted).hasSize(3);
        assertThat(fixture.states()).hasSize(3);
    }

    private boolean isGrantedOne() {
        try {
            return reserve(alice, 1).machines().size() == 1;
        } catch (LimitReachedException e) {
            return false;
        }
    }
}
