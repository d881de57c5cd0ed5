package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReleaseTest extends ReservationTestBase {

    MariaDb database;

    @Test
    void aMachineWhosePasswordCannotBeDecryptedDoesNotDelayOthers() {
        fixture.machines("m1", "m2");
        reserve(alice, 2);
        fixture.change("m1", machine -> machine.sealedPassword = "v1:00000000:AAAA");
        machines.fail("m1", Outcome.UNREACHABLE, "no password");
        fixture.expireAll();

        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RELEASING", "m2 RELEASED");
    }

    @Test
    void anExpiredReservationIsCleanedAndFreesTheMachine() {
        fixture.machines("m1");
        reserve(alice, 1);
        assertThat(Scheduled.cleanUp(reservations, 10)).isZero();
        fixture.expireAll();

        assertThat(Scheduled.cleanUp(reservations, 10)).isEqualTo(1);

        assertThat(machines.allAccounts()).isEmpty();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.history("m1")).containsExactly("ALLOCATED", "ACCOUNT_MADE", "RELEASE_STARTED EXPIRED",
                "VERIFIED_GONE");
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    @Test
    void aFailedRemovalIsTriedAgainAndTheMachineIsNotFreeBefore() {
        fixture.machines("m1");
        reserve(alice, 1);
        fixture.expireAll();
        machines.fail("m1", Outcome.FAILED, "userdel: alice is busy");

        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RELEASING");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
        assertThat(Scheduled.cleanUp(reservations, 10)).as("taken up again before its pause is over").isZero();

        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.history("m1")).contains("REMOVAL_FAILED userdel: alice is busy");
    }

    @Test
    void theWorkOfACrashedWorkerIsCleanedUpOnceItsClaimHasRunOut() throws Exception {
        fixture.machines("m1");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> late = executor.submit(() -> reserve(alice, 1));
            await().until(() -> fixture.states().equals(List.of("m1 PROVISIONING")));
            assertThat(Scheduled.cleanUp(reservations, 10)).as("taken from a worker that is alive").isZero();

            fixture.endClaims();
            machines.heal("m1");
            Scheduled.cleanUp(reservations, 10);
            assertThat(fixture.states()).containsExactly("m1 RELEASED");

            gate.complete(null);
            assertThatThrownBy(late::get).cause().isInstanceOf(ProvisioningFailedException.class);
        }
        assertThat(machines.allAccounts()).as("an account made by the late worker").isEmpty();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
    }

    @Test
    void aWorkerThatLostItsClaimMayNotWriteItsResult() throws Exception {
        fixture.machines("m1");
        reserve(alice, 1);
        fixture.expireAll();
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> slow = executor.submit(() -> Scheduled.cleanUp(reservations, 10));
            await().until(() -> fixture.states().equals(List.of("m1 RELEASING")));
            fixture.endClaims();
            machines.fail("m1", Outcome.UNREACHABLE, "gone");
            Scheduled.cleanUp(reservations, 10);

            gate.complete(null);
            slow.get();
        }
        assertThat(fixture.history("m1")).as("tries, also that of the worker that lost its claim")
                .endsWith("RELEASE_STARTED EXPIRED", "REMOVAL_TAKEN_OVER", "REMOVAL_FAILED gone");
        assertThat(fixture.states()).as("written by the worker that lost its claim").containsExactly("m1 RELEASING");
    }

    @Test
    void aReleaseThatIsOvertakenByAnotherReportsNothingPending() throws Exception {
        fixture.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ReleaseReport> overtaken = QuarkusTransaction.requiringNew().call(() -> {
                Reservation reservation = Reservation.lockById(id).orElseThrow();
                Future<ReleaseReport> second = executor.submit(() -> reservations.release(id));
                await().until(() -> database.query("select count(*) from information_schema.innodb_trx"
                        + " where trx_state = 'LOCK WAIT'").strip().equals("1"));
                reservation.startReleasing(ReleaseCause.GIVEN_BACK, reservation.startedAt);
                reservation.release(reservation.startedAt);
                return second;
            });
            assertThat(overtaken.get()).isEqualTo(new ReleaseReport(0, List.of()));
        }
        assertThatThrownBy(() -> reservations.release(id)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aReleaseDuringAnotherOneReportsThatItIsPending() throws Exception {
        fixture.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ReleaseReport> first = executor.submit(() -> reservations.release(id));
            await().until(() -> fixture.states().equals(List.of("m1 RELEASING")));

            assertThat(reservations.release(id)).isEqualTo(new ReleaseReport(0, List.of("m1")));

            gate.complete(null);
            assertThat(first.get()).isEqualTo(new ReleaseReport(1, List.of()));
        }
    }

    @Test
    void releaseAllReportsMachinesThatAreNotCleanYet() {
        fixture.machines("m1", "m2", "m3");
        reserve(alice, 2);
        machines.fail("m2", Outcome.UNREACHABLE, "connection refused");

        ReleaseReport report = reservations.releaseAll();

        assertThat(report).isEqualTo(new ReleaseReport(1, List.of("m2")));
        machines.heal("m2");
        assertThat(reservations.releaseAll()).as("an admin need not wait for the next try")
                .isEqualTo(new ReleaseReport(1, List.of()));
        assertThat(reservations.releaseAll().isEmpty()).isTrue();
    }

    @Test
    void releaseAllDoesNotReportMachinesThatAreLentAgainMeanwhile() throws Exception {
        fixture.machines("m1", "m2");
        reserve(alice, 2);
        Requester bob = fixture.user("bob");
        CompletableFuture<Void> gate = machines.hold("m2");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ReleaseReport> released = executor.submit(reservations::releaseAll);
            await().until(() -> fixture.states().contains("m1 RELEASED"));
            reserve(bob, 1);

            gate.complete(null);

            assertThat(released.get()).isEqualTo(new ReleaseReport(2, List.of()));
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m1 RELEASED", "m2 RELEASED");
    }

    @Test
    void releaseAllWinsOverAReservationThatIsBeingMade() throws Exception {
        fixture.machines("m1", "m2");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> making = executor.submit(() -> reserve(alice, 2));
            await().until(() -> machines.accountsOn("m2").contains("alice"));
            machines.heal("m1");

            assertThat(reservations.releaseAll()).isEqualTo(new ReleaseReport(2, List.of()));

            gate.complete(null);
            assertThatThrownBy(making::get).isInstanceOf(ExecutionException.class)
                    .cause().isInstanceOf(ProvisioningFailedException.class);
        }
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m2 RELEASED");
    }
}
