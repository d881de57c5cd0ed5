package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Requests that wait in the queue, while machines fail, workers die, or several calls come at the same instant. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class QueueFailureTest extends QueueTestBase {

    @Inject
    DispatchStore dispatches;

    @BeforeEach
    void twoMachinesLentToAlice() {
        lendToAlice("m1", "m2");
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
    void eachFailurePausesTheRequestForLongerAndItSaysUntilWhen() {
        long waiting = queue(bob, 1, waiting(60));
        for (String machine : List.of("m1", "m2")) {
            machines.fail(machine, Action.CREATE, Outcome.FAILED, "no space left on device");
            free(machine);
            QuarkusTransaction.requiringNew().run(() -> Request.update("nextAttemptAt = null"));
            serve();
        }
        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);
        fixture.change("m1", machine -> machine.pausedUntil = null);

        RequestDetails details = requests.details(waiting);
        Instant next = details.request().nextAttemptAt;
        assertThat(Duration.between(details.events().getLast().happenedAt, next)).as("10 to 20 s, and not 5 to 10")
                .isGreaterThanOrEqualTo(Duration.ofSeconds(10));
        assertThat(details.outlook().expectedAt()).isEqualTo(next);
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

    /** Assigns m1 to the first in line, and takes the worker that was to make the account for dead. */
    private DispatchStore.Assignment assignAndLoseTheClaim() {
        free("m1");
        DispatchStore.Assignment late = dispatches.assign(100).getFirst();
        fixture.endClaims();
        Scheduled.cleanUp(reservations, 10);
        return late;
    }

    @Test
    void aWorkerThatWasTakenForDeadDoesNotSpoilTheRequest() {
        long waiting = queue(bob, 1, waiting(60));
        DispatchStore.Assignment late = assignAndLoseTheClaim();
        serve();
        assertThat(state(waiting)).isEqualTo(RequestState.ACTIVE);

        reservations.serve(late);

        assertThat(state(waiting)).isEqualTo(RequestState.ACTIVE);
        assertThat(machines.allAccounts()).containsExactly("m1/bob", "m2/alice");
    }

    @Test
    void aWorkerThatWasTakenForDeadDoesNotTakeTheRequestOutOfTheQueue() {
        long waiting = queue(bob, 1, waiting(60));
        DispatchStore.Assignment late = assignAndLoseTheClaim();

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
}
