package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;

import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReservationServiceTest extends ReservationTestBase {

    @Test
    void everyMachineOfALeaseHasTheAccount() {
        fixture.machines("m1", "m2", "m3");

        Lease lease = reserve(alice, 2);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m1", "m2");
        assertThat(machines.allAccounts()).containsExactlyInAnyOrder("m1/alice", "m2/alice");
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
    }

    @Test
    void aGivenPasswordIsNeverHandedBackAndAMissingOneIsGenerated() {
        fixture.machines("m1", "m2");

        assertThat(reserve(alice, 1).generatedPassword()).isNull();
        assertThat(reservations.reserve(new ReservationSpec(alice, 1, 60, "guest", null)).generatedPassword())
                .hasSizeGreaterThanOrEqualTo(16);
    }

    @Test
    void fiftyAtOnceOnTenMachinesGiveTenLeasesOnTenMachines() throws Exception {
        fixture.machines("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9");

        List<Object> answers = allAtOnce(50, () -> reserve(alice, 1).machines().getFirst().name());

        assertThat(answers.stream().filter(String.class::isInstance)).hasSize(10).doesNotHaveDuplicates();
        assertThat(answers.stream().filter(answer -> !(answer instanceof String))).hasSize(40)
                .allSatisfy(answer -> assertThat(answer).isInstanceOf(NotEnoughAvailableException.class));
    }

    @Test
    void requestsForSeveralMachinesNeverGetAPartOfThem() throws Exception {
        fixture.machines("m0", "m1", "m2", "m3", "m4", "m5", "m6");

        List<Object> answers = allAtOnce(20, () -> reserve(alice, 3).requestId());

        assertThat(answers.stream().filter(Long.class::isInstance)).hasSize(2);
        assertThat(fixture.states()).hasSize(6).allSatisfy(state -> assertThat(state).endsWith("ACTIVE"));
    }

    @Test
    void withTooFewFreeMachinesNoneIsReservedAndTheErrorSaysWhenThereWillBeEnough() {
        fixture.machines("m1", "m2");
        Lease lease = reserve(alice, 1);

        assertThatThrownBy(() -> reserve(alice, 2)).isInstanceOfSatisfying(NotEnoughAvailableException.class, e -> {
            assertThat(e.details()).containsEntry("available", 1L);
            assertThat(e.details().get("next_free_at")).isEqualTo(lease.reservedUntil());
        });
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void aMachineThatNeverAnsweredIsNotLentAndSaysSo() {
        fixture.machines("m1");
        fixture.change("m1", machine -> machine.lastSeenAt = null);

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);

        assertThat(reason("m1")).isEqualTo("No log-in there has worked yet; it is lent once one has.");
        assertThat(fixture.states()).isEmpty();
    }

    @Test
    void systemAccountsAndNumbersOutOfRangeAreRefused() {
        fixture.machines("m1");

        for (ReservationSpec spec : List.of(new ReservationSpec(alice, 1, 60, "root", null),
                new ReservationSpec(alice, 0, 60, "a", null), new ReservationSpec(alice, -1, 60, "a", null),
                new ReservationSpec(alice, 1, 0, "a", null), new ReservationSpec(alice, 1, 10_081, "a", null),
                new ReservationSpec(alice, 1, 60, "a b", null), new ReservationSpec(alice, 1, 60, "a", "x\ny"))) {
            assertThatThrownBy(() -> reservations.reserve(spec)).isInstanceOf(InvalidRequestException.class);
        }
        assertThat(fixture.states()).isEmpty();
    }

    @Test
    void aMachineIsLentAgainAfterTheDatabasesClockWasSetBack() {
        fixture.machines("m1");
        reserve(alice, 1);
        setClockBack(Duration.ofHours(1));
        reservations.release(fixture.latest("m1").id);

        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m1");
        assertThat(machines.allAccounts()).containsExactly("m1/alice");
    }

    @Test
    void aClockThatWasSetBackProlongsNeitherClaimsNorReservations() throws Exception {
        fixture.machines("m1");
        reserve(alice, 1);
        setClockBack(Duration.ofHours(24));
        reservations.release(fixture.latest("m1").id);
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> lease = executor.submit(() -> reserve(alice, 1));
            await().until(() -> fixture.states().contains("m1 PROVISIONING"));

            Reservation made = fixture.latest("m1");
            Instant claimedUntil = fixture.requestOf("m1").claimedUntil;
            gate.complete(null);
            Instant requested = made.requestedAt;
            assertThat(made.createdAt).as("the token").isAfter(requested.plus(Duration.ofHours(23)));
            assertThat(claimedUntil).isBetween(requested, requested.plus(Duration.ofMinutes(2)));
            assertThat(made.reservedUntil).isBetween(requested, requested.plus(Duration.ofMinutes(61)));
            assertThat(lease.get().machines()).hasSize(1);
        }
    }

    private void setClockBack(Duration by) {
        fixture.putAllocationsAhead(by);
        machines.putTokensAhead(by);
    }

    @Test
    void disabledAndUnavailableMachinesAreNotLent() {
        fixture.machines("m1", "m2", "m3");
        fixture.change("m1", machine -> machine.enabled = false);
        fixture.change("m2", machine -> machine.failed(UnavailableCause.UNREACHABLE, "no answer",
                machine.createdAt.plusSeconds(3600)));

        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m3");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
    }

    @Test
    void aUserThatWasDeletedMeanwhileCannotReserve() {
        fixture.machines("m1");
        Requester gone = new Requester(alice.userId() + 1_000, "gone");

        assertThatThrownBy(() -> reserve(gone, 1)).isInstanceOf(ForbiddenException.class);
    }

    @Test
    void theSchemaItselfRefusesASecondLiveReservation() {
        fixture.machines("m1");
        reserve(alice, 1);

        assertThatThrownBy(() -> QuarkusTransaction.requiringNew().run(() -> {
            Reservation second = new Reservation();
            second.requestId = fixture.latest("m1").requestId;
            second.machine = Machine.byName("m1").orElseThrow();
            second.machineName = "m1";
            second.ownerName = "bob";
            second.account = "bob";
            second.state = ReservationState.ACTIVE;
            second.createdAt = second.machine.createdAt;
            second.reservedUntil = second.createdAt.plusSeconds(60);
            second.persistAndFlush();
        })).hasStackTraceContaining("uq_reservations_live_machine");
    }

    private static List<Object> allAtOnce(int times, Callable<?> call) throws Exception {
        List<Object> answers = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                futures.add(executor.submit(call));
            }
            for (Future<?> future : futures) {
                try {
                    answers.add(future.get());
                } catch (ExecutionException e) {
                    answers.add(e.getCause());
                }
            }
        }
        return answers;
    }
}
