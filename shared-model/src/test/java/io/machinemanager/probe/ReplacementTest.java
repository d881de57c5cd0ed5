package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.NewEnd;
import io.machinemanager.reservation.ReplacementStore;
import io.machinemanager.reservation.RequestOptions;
import io.machinemanager.reservation.RequestService;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.reservation.ReservationStore;
import io.machinemanager.reservation.Reserved;
import io.machinemanager.reservation.WorkItem;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(ProbeTestBase.WithSpares.class)
@WithTestResource(MariaDbResource.class)
class ReplacementTest extends ProbeTestBase {

    @Inject
    ReservationStore store;

    MariaDb database;

    @Inject
    ReplacementStore replacements;

    @Inject
    RequestService requests;

    @Test
    void sparesAreNotLent() {
        assertThat(reserve(2).machines()).hasSize(2);
        assertThatThrownBy(() -> reserve(1)).isInstanceOfSatisfying(NotEnoughAvailableException.class,
                e -> assertThat(e.details()).containsEntry("available", 0L));
    }

    @Test
    void whoWaitsForASpareIsNotToldThatItComesNow() {
        reserve(2);
        ReservationSpec spec = new ReservationSpec(alice, 1, 60, "alice", "secret word")
                .with(new RequestOptions(null, List.of(), 60, null, null, null));
        long waiting = ((Reserved.Accepted) reservations.reserve(spec, null)).requestId();

        assertThatThrownBy(() -> reserve(2)).isInstanceOfSatisfying(NotEnoughAvailableException.class,
                e -> assertThat(e.details()).containsEntry("available", 0L));
        assertThat(requests.details(waiting).outlook()).satisfies(outlook -> {
            assertThat(outlook.position()).isEqualTo(1);
            assertThat(outlook.expectedAt()).isNull();
            assertThat(outlook.reason()).contains("spares");
        });
    }

    @Test
    void aLentMachineThatDoesNotAnswerIsReplacedUntilTheSameEndAndCleanedWhenItReturns() {
        Lease lease = reserve(2);
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();

        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 ACTIVE");
        assertThat(machines.accountsOn("m3")).containsExactly("alice");
        assertThat(fixture.history("m1")).anySatisfy(event -> assertThat(event).startsWith("REPLACED ").contains("m3"));
        assertThat(fixture.history("m3")).anySatisfy(event -> assertThat(event).startsWith("REPLACES ").contains("m1"));
        assertThat(fixture.history("m3")).contains("ACCOUNT_MADE");
        assertThat(fixture.machine("m3").lastSeenAt).as("the account work was seen to work").isNotNull();
        assertThat(fixture.latest("m3").reservedUntil).isEqualTo(lease.reservedUntil());
        assertThat(fixture.latest("m3").passwordHash).isEqualTo(fixture.latest("m2").passwordHash);

        machines.heal("m1");
        Scheduled.cleanUp(reservations, 10);
        assertThat(fixture.states()).contains("m1 RELEASED");
        assertThat(machines.accountsOn("m1")).isEmpty();
    }

    @Test
    void anEndIsNotMovedWhileAMachineIsReplacedAndTheNewMachineHasTheSameEnd() {
        Lease lease = reserve(2);
        long dying = fixture.latest("m1").id;
        UUID claim = UUID.randomUUID();
        WorkItem spare = replacements.claimReplacement(dying, claim).orElseThrow();
        assertThat(spare.end().orElseThrow().until()).isEqualTo(lease.reservedUntil());
        assertThatThrownBy(() -> reservations.extend(dying, new NewEnd.After(90)))
                .isInstanceOf(ConflictException.class).hasMessageContaining("try again soon");

        assertThat(replacements.activateReplacement(claim, spare, dying)).isTrue();

        assertThat(fixture.latest("m3").durationMinutes).isEqualTo(60);
        assertThat(fixture.latest("m3").reservedUntil).isEqualTo(lease.reservedUntil());
    }

    @Test
    void noReplacementIsAllocatedForAReservationThatEndsWhileItsLockIsWaitedFor() throws Exception {
        reserve(2);
        long dying = fixture.latest("m1").id;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Optional<WorkItem>> replacement = QuarkusTransaction.requiringNew().call(() -> {
                Reservation row = Reservation.lockById(dying).orElseThrow();
                Future<Optional<WorkItem>> waiting = executor
                        .submit(() -> replacements.claimReplacement(dying, UUID.randomUUID()));
                await().until(database::hasALockWaitedFor);
                row.reservedUntil = clock.now();
                return waiting;
            });

            assertThat(replacement.get()).isEmpty();
        }
    }

    @Test
    void aFailureIsCountedAlsoWhenAProbeCountsOneAtTheSameTime() throws Exception {
        reserve(2);
        UUID claim = UUID.randomUUID();
        WorkItem spare = replacements.claimReplacement(fixture.latest("m1").id, claim).orElseThrow();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> failed = QuarkusTransaction.requiringNew().call(() -> {
                Machine machine = Machine.lockByName("m3").orElseThrow();
                Future<Boolean> waiting = executor.submit(() -> store.accountFailed(claim, spare,
                        new AccountResult(Outcome.FAILED, "No space left."), Optional.empty()));
                await().until(database::hasALockWaitedFor);
                machine.failed(UnavailableCause.UNREACHABLE, "Connection refused.", clock.now());
                return waiting;
            });

            assertThat(failed.get()).isTrue();
        }
        assertThat(fixture.machine("m3").failures).isEqualTo(2);
    }

    @Test
    void withoutASpareTheReservationStaysWithItsMachine() {
        reserve(2);
        fixture.change("m3", machine -> machine.enabled = false);
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();

        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
    }

    @Test
    void aReplacementThatCannotBeMadeLeavesNothingBehind() {
        reserve(2);
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");
        machines.fail("m3", Action.CREATE, Outcome.FAILED, "no space left");

        probeDue();

        awaitStates("m1 ACTIVE", "m2 ACTIVE", "m3 RELEASING");
    }

    @Test
    void aSpareThatRefusesTheNameDoesNotPreventAReplacementOnAnother() {
        fixture.machines("m4");
        reserve(2);
        machines.addForeignAccount("m3", "alice");
        // a machine that is being probed may be passed over
        fixture.change("m3", machine -> machine.nextProbeAt = machine.nextProbeAt.plusSeconds(3600));
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();
        awaitStates("m1 ACTIVE", "m2 ACTIVE", "m3 RELEASED");
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 RELEASED", "m4 ACTIVE");
    }

    @Test
    void aRefusingMachineThatWasDeletedDoesNotPreventAReplacementOnAnother() {
        fixture.machines("m4");
        reserve(2);
        machines.addForeignAccount("m3", "alice");
        // a machine that is being probed may be passed over
        fixture.change("m3", machine -> machine.nextProbeAt = machine.nextProbeAt.plusSeconds(3600));
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();
        awaitStates("m1 ACTIVE", "m2 ACTIVE", "m3 RELEASED");
        machineService.delete("m3", false);
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 RELEASED", "m4 ACTIVE");
    }

    @Test
    void probesDoNotWaitForReplacements() {
        reserve(2);
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");
        CompletableFuture<Void> gate = new CompletableFuture<>();
        machines.delegate("m3", tasks -> tasks.stream()
                .map(task -> (task.action() == Action.CREATE ? gate : CompletableFuture.completedFuture(null))
                        .thenApply(open -> machines.work(task)))
                .toList());

        assertThat(CompletableFuture.supplyAsync(this::probeDue)).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(3);

        awaitStates("m1 ACTIVE", "m2 ACTIVE", "m3 PROVISIONING");
        gate.complete(null);
        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 ACTIVE");
    }

    private void awaitStates(String... states) {
        await().untilAsserted(() -> assertThat(fixture.states()).containsExactly(states));
    }

    @Test
    void aReplacementIsNotMadeOnAMachineThatHasRefusedTheName() {
        machines.addForeignAccount("m2", "alice");
        machines.addForeignAccount("m3", "alice");
        reserve(1);
        machines.fail("m1", Outcome.UNREACHABLE, "no answer");

        for (int i = 0; i < 2; i++) {
            probeAgain("m1");
            int rows = i + 2;
            await().until(() -> fixture.states().size() == rows && fixture.states().stream()
                    .noneMatch(state -> state.endsWith("PROVISIONING")));
        }
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 RELEASED", "m3 RELEASED");
        assertThat(replacements.claimReplacement(fixture.latest("m1").id, UUID.randomUUID())).isEmpty();
        assertThat(machines.removals()).isEmpty();
    }
}
