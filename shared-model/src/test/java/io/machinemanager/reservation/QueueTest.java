package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.error.GoneException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NoMatchingMachinesException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Requests that wait in the queue, with a real database and machines that only answer. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class QueueTest extends QueueTestBase {

    @BeforeEach
    void twoMachinesLentToAlice() {
        lendToAlice("m1", "m2");
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
        long id = lend(bob, 1, keptAlive(2));
        requests.keepAlive(id);
        Scheduled.cleanUp(reservations, 10);
        assertThat(state(id)).isEqualTo(RequestState.ACTIVE);
        missKeepalive(id);

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
