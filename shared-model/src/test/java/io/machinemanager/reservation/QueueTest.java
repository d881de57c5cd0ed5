package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NoMatchingMachinesException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Requests that wait in the queue, with a real database and machines that only answer. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class QueueTest {

    @Inject
    ReservationService reservations;

    @Inject
    RequestService requests;

    @Inject
    QueueService queue;

    @Inject
    DispatchStore dispatches;

    @Inject
    UserDeletionService users;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    private Requester alice;
    private Requester bob;

    @BeforeEach
    void twoMachinesLentToAlice() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        bob = fixture.user("bob");
        fixture.machines("m1", "m2");
        reservations.reserve(new ReservationSpec(alice, 1, 60, "alice", null));
        reservations.reserve(new ReservationSpec(alice, 1, 60, "alice", null));
    }

    private static RequestOptions waiting(int minutes, String... names) {
        return new RequestOptions(null, List.of(names), minutes, null, null, null);
    }

    private long queue(Requester requester, int count, RequestOptions options) {
        Reserved reserved = reservations
                .reserve(new ReservationSpec(requester, count, 60, requester.name(), null).with(options), null);
        return ((Reserved.Accepted) reserved).requestId();
    }

    private void free(String machine) {
        reservations.release(fixture.latest(machine).id);
    }

    /** Serves the queue once, and waits until the accounts are made. */
    private void serve() {
        queue.dispatch(100).forEach(CompletableFuture::join);
    }

    private RequestState state(long id) {
        return requests.details(id).state();
    }

    private WaitOutlook outlook(long id) {
        await().atMost(Duration.ofSeconds(5)).until(() -> requests.details(id).outlook() != null);
        return requests.details(id).outlook();
    }

    @Test
    void requestsAreServedInTheirOrder() {
        long first = queue(bob, 1, waiting(60));
        long second = queue(bob, 1, waiting(60));
        free("m1");
        serve();

        assertThat(state(first)).isEqualTo(RequestState.ACTIVE);
        assertThat(state(second)).isEqualTo(RequestState.QUEUED);
        free("m2");
        serve();
        assertThat(state(second)).isEqualTo(RequestState.ACTIVE);
        assertThat(machines.allAccounts()).containsExactly("m1/bob", "m2/bob");
    }

    @Test
    void noLaterCallGetsAMachineThatAWaitingRequestNeeds() {
        long both = queue(bob, 2, waiting(60));
        free("m1");
        serve();
        assertThat(state(both)).isEqualTo(RequestState.QUEUED);

        assertThatThrownBy(() -> reservations.reserve(new ReservationSpec(alice, 1, 120, "alice", null)))
                .isInstanceOfSatisfying(NotEnoughAvailableException.class,
                        e -> assertThat(e.details()).containsEntry("available", 0L));
        long later = queue(alice, 1, waiting(60));
        serve();
        assertThat(state(later)).isEqualTo(RequestState.QUEUED);
        free("m2");
        serve();
        assertThat(state(both)).isEqualTo(RequestState.ACTIVE);
        assertThat(state(later)).isEqualTo(RequestState.QUEUED);
    }

    @Test
    void aShortCallMayUseAMachineThatIsFreeAgainBeforeAnEarlierRequestNeedsIt() {
        queue(bob, 2, waiting(60));
        free("m1");

        Lease lease = reservations.reserve(new ReservationSpec(alice, 1, 5, "alice", null));

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m1");
    }

    @Test
    void requestsThatCompeteForNoMachinePassEachOther() {
        long first = queue(bob, 1, waiting(60, "m1"));
        long second = queue(bob, 1, waiting(60, "m2"));
        free("m2");

        serve();

        assertThat(state(first)).isEqualTo(RequestState.QUEUED);
        assertThat(state(second)).isEqualTo(RequestState.ACTIVE);
        assertThat(outlook(first).position()).isEqualTo(1);
    }

    @Test
    void theOutlookSaysWhatARequestWaitsForAndWhen() {
        long first = queue(bob, 1, waiting(120));
        long second = queue(bob, 2, waiting(120));

        WaitOutlook next = outlook(first);
        assertThat(next.position()).isEqualTo(1);
        assertThat(next.reason()).matches("2 of 2 machines are lent; the next ends at .*UTC\\.");
        assertThat(next.expectedAt()).isAfter(fixture.latest("m1").reservedUntil)
                .isBefore(fixture.latest("m1").reservedUntil.plusSeconds(60));
        assertThat(outlook(second).position()).isEqualTo(2);
        assertThat(outlook(second).expectedAt()).isAfter(next.expectedAt().plus(Duration.ofMinutes(60)));
    }

    @Test
    void aRequestThatNoWaitCanServeIsRefusedAtOnce() {
        assertThatThrownBy(() -> queue(bob, 3, waiting(60))).isInstanceOfSatisfying(NoMatchingMachinesException.class,
                e -> assertThat(e.details()).containsEntry("matching", 2L));
        assertThatThrownBy(() -> queue(bob, 1, waiting(60, "unknown")))
                .isInstanceOf(NoMatchingMachinesException.class);
        assertThatThrownBy(() -> queue(bob, 1, waiting(0, "unknown")))
                .isInstanceOf(NoMatchingMachinesException.class);
        assertThatThrownBy(() -> queue(bob, 1, waiting(0, "m1"))).isInstanceOf(NotEnoughAvailableException.class);
        assertThatThrownBy(() -> queue(bob, 3, waiting(0))).isInstanceOf(NotEnoughAvailableException.class);
        assertThatThrownBy(() -> queue(bob, 1, waiting(1441))).isInstanceOf(InvalidRequestException.class);
        assertThat(fixture.requests()).hasSize(2);
    }

    @Test
    void aRequestWhoseMachinesLeaveEndsWithThatReason() {
        long gone = queue(bob, 1, waiting(60, "m1"));
        fixture.change("m1", machine -> machine.enabled = false);

        queue.endUnmatched();

        assertThat(state(gone)).isEqualTo(RequestState.LAPSED);
        assertThat(requests.details(gone).request().endReason)
                .isEqualTo("Machines needed: 1; matching now: 0.");
    }

    @Test
    void theGeneratedPasswordIsGivenOnceWhenTheRequestIsActive() {
        long waiting = queue(bob, 1, waiting(60));
        assertThat(requests.takePassword(waiting)).isEmpty();
        free("m1");
        serve();

        assertThat(requests.takePassword(waiting)).isPresent();
        assertThat(requests.takePassword(waiting)).isEmpty();
    }

    @Test
    void aRequestWhoseMachineFailsGoesBackToItsPlaceAndIsServedOnAnother() {
        long first = queue(bob, 1, waiting(60));
        long second = queue(alice, 1, waiting(60));
        machines.fail("m1", Action.CREATE, Outcome.FAILED, "no space left on device");
        free("m1");
        serve();
        assertThat(state(first)).isEqualTo(RequestState.QUEUED);
        assertThat(requests.details(first).events()).extracting(event -> event.kind)
                .contains(ReservationEvent.Kind.QUEUED, ReservationEvent.Kind.ACCOUNT_FAILED);
        QuarkusTransaction.requiringNew().run(() -> Request.update("nextAttemptAt = null"));
        free("m2");

        serve();

        assertThat(state(first)).isEqualTo(RequestState.ACTIVE);
        assertThat(state(second)).isEqualTo(RequestState.QUEUED);
    }

    @Test
    void aNameThatAMachineRefusesIsTriedOnOthersOnly() {
        machines.fail("m1", Action.CREATE, Outcome.REFUSED, "the name exists");
        long waiting = queue(bob, 1, waiting(60));
        free("m1");
        serve();

        assertThat(state(waiting)).isEqualTo(RequestState.FAILED);
        assertThat(requests.details(waiting).request().endReason).contains("the name exists");
    }

    @Test
    void aRequestIsServedAlthoughTheSchedulerDiesBetweenAssignmentAndAccount() {
        long waiting = queue(bob, 1, waiting(60));
        free("m1");
        assertThat(dispatches.assign(100)).as("and then it dies").hasSize(1);
        assertThat(fixture.states()).contains("m1 PROVISIONING");
        fixture.endClaims();

        Scheduled.cleanUp(reservations, 10);
        assertThat(state(waiting)).isEqualTo(RequestState.QUEUED);
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m1 RELEASED", "m2 ACTIVE");
        serve();

        assertThat(state(waiting)).isEqualTo(RequestState.ACTIVE);
        assertThat(machines.allAccounts()).containsExactly("m1/bob", "m2/alice");
    }

    @Test
    void aWorkerThatWasTakenForDeadDoesNotSpoilTheRequest() {
        long waiting = queue(bob, 1, waiting(60));
        free("m1");
        DispatchStore.Assignment late = dispatches.assign(100).getFirst();
        fixture.endClaims();
        Scheduled.cleanUp(reservations, 10);
        serve();
        assertThat(state(waiting)).isEqualTo(RequestState.ACTIVE);

        reservations.serve(late);

        assertThat(state(waiting)).isEqualTo(RequestState.ACTIVE);
        assertThat(machines.allAccounts()).containsExactly("m1/bob", "m2/alice");
    }

    @Test
    void aWorkerThatWasTakenForDeadDoesNotTakeTheRequestOutOfTheQueue() {
        long waiting = queue(bob, 1, waiting(60));
        free("m1");
        DispatchStore.Assignment late = dispatches.assign(100).getFirst();
        fixture.endClaims();
        Scheduled.cleanUp(reservations, 10);

        reservations.serve(late);

        assertThat(state(waiting)).isEqualTo(RequestState.QUEUED);
        Scheduled.cleanUp(reservations, 10);
        serve();
        assertThat(state(waiting)).isEqualTo(RequestState.ACTIVE);
    }

    @Test
    void aCallWhoseRequestAnotherWorkerTookOverIsAnsweredThatItWaits() {
        free("m1");
        machines.before("m1", () -> {
            fixture.endClaims();
            reservations.claimDue(10);
        });

        long waiting = queue(bob, 1, waiting(60));

        assertThat(state(waiting)).isEqualTo(RequestState.QUEUED);
    }

    @Test
    void aCancelAtTheInstantOfBeingServedLeavesNothing() throws Exception {
        for (int i = 0; i < 20; i++) {
            long waiting = queue(bob, 1, waiting(60));
            free("m1");
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> served = executor.submit(this::serve);
                Future<?> cancelled = executor.submit(() -> requests.cancel(waiting, "bob took it back."));
                served.get();
                cancelled.get();
            }
            Scheduled.cleanUp(reservations, 10);
            assertThat(state(waiting)).isIn(RequestState.CANCELLED, RequestState.ENDED);
            assertThat(machines.allAccounts()).containsExactly("m2/alice");
            reservations.reserve(new ReservationSpec(alice, 1, 60, "alice", null));
        }
    }

    @Test
    void whatIsOverCannotBeCancelled() {
        long waiting = queue(bob, 1, waiting(60));
        requests.cancel(waiting, "bob took it back.");

        assertThatThrownBy(() -> requests.cancel(waiting, "again")).isInstanceOf(GoneException.class);
        assertThatThrownBy(() -> requests.keepAlive(waiting)).isInstanceOf(GoneException.class);
        assertThat(requests.details(waiting).request().endReason).isEqualTo("bob took it back.");
    }

    @Test
    void aRequestThatIsNotKeptAliveEndsWithinOneTick() {
        free("m1");
        Reserved kept = reservations.reserve(new ReservationSpec(bob, 1, 60, "bob", null)
                .with(new RequestOptions(null, List.of(), 0, 2, null, null)), null);
        long id = ((Reserved.Lent) kept).lease().requestId();
        requests.keepAlive(id);
        Scheduled.cleanUp(reservations, 10);
        assertThat(state(id)).isEqualTo(RequestState.ACTIVE);
        QuarkusTransaction.requiringNew().run(() -> Request.update("keepaliveUntil = createdAt where id = ?1", id));

        Scheduled.cleanUp(reservations, 10);

        assertThat(state(id)).isEqualTo(RequestState.LAPSED);
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m1 RELEASED", "m2 ACTIVE");
        assertThat(fixture.history("m1")).contains("RELEASE_STARTED NOT_KEPT_ALIVE");
    }

    @Test
    void aRepeatedCallWithTheSameKeyFindsTheWaitingRequest() {
        ReservationSpec spec = new ReservationSpec(bob, 1, 60, "bob", null).with(waiting(60));
        Reserved first = reservations.reserve(spec, "key-1");

        assertThat(reservations.reserve(spec, "key-1")).isEqualTo(first);
        free("m1");
        serve();
        assertThat(reservations.reserve(spec, "key-1")).isEqualTo(first);
        assertThat(fixture.requests()).hasSize(3);
    }

    @Test
    void twoRequestsThatEachWantWhatTheOtherHasHalfOfAreBothServed() {
        long first = queue(bob, 2, waiting(60));
        long second = queue(alice, 2, waiting(60));
        free("m1");
        free("m2");
        serve();
        assertThat(state(first)).isEqualTo(RequestState.ACTIVE);
        requests.cancel(first, "done");

        serve();

        assertThat(state(second)).isEqualTo(RequestState.ACTIVE);
    }

    @Test
    void manyDispatchersAtOnceLendEachMachineOnce() throws Exception {
        List<Long> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(queue(bob, 1, waiting(60)));
        }
        free("m1");
        free("m2");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> served = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                served.add(executor.submit(this::serve));
            }
            for (Future<?> future : served) {
                future.get();
            }
        }

        assertThat(all.stream().map(this::state).toList()).startsWith(RequestState.ACTIVE, RequestState.ACTIVE)
                .endsWith(RequestState.QUEUED).filteredOn(RequestState.ACTIVE::equals).hasSize(2);
    }

    @Test
    void theEndOfAllMachinesOfARequestIsMovedOrOfNone() {
        free("m1");
        free("m2");
        long id = reservations.reserve(new ReservationSpec(bob, 2, 60, "bob", null)).requestId();
        requests.change(id, Optional.of(new NewEnd.Later(30)), null, seen -> {
        });
        assertThat(fixture.latest("m1").durationMinutes).isEqualTo(90);
        assertThat(fixture.latest("m2").durationMinutes).isEqualTo(90);
        QuarkusTransaction.requiringNew().run(
                () -> Reservation.update("reservedUntil = createdAt where machineName = 'm2' and state = ACTIVE"));

        assertThatThrownBy(() -> requests.change(id, Optional.of(new NewEnd.Later(30)), "longer", seen -> {
        })).hasMessageContaining("m2");

        assertThat(requests.details(id).request().note).isNull();
        assertThat(fixture.latest("m1").durationMinutes).isEqualTo(90);
    }

    @Test
    void theRequestsOfADeletedUserLeaveTheQueue() {
        long waiting = queue(bob, 1, waiting(60));

        users.delete("bob");

        assertThat(state(waiting)).isEqualTo(RequestState.CANCELLED);
        assertThat(requests.details(waiting).request().endReason).isEqualTo("Its owner was deleted.");
    }
}
