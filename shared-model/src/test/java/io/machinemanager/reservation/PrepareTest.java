package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.testing.TestPlaybook;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** A machine is prepared after its account is made, before its user gets it. */
@QuarkusTest
@TestProfile(PrepareTest.WithPreparation.class)
@WithTestResource(MariaDbResource.class)
class PrepareTest extends ReservationTestBase {

    public static class WithPreparation extends TestPlaybook.Profile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("PREPARE_PLAYBOOK", TestPlaybook.PLAYBOOK.toString(), "ANSIBLE_PLAYBOOK", RUNS,
                    "PLAYBOOK_TIMEOUT", "60s", "CLAIM_DURATION", "3s", "PLAYBOOK_CONCURRENCY", "2");
        }
    }

    @Inject
    ReplacementService replacements;

    @BeforeEach
    void preparationsSucceed() {
        TestPlaybook.reset();
    }

    private CompletableFuture<Lease> startReserving(int count) {
        return CompletableFuture.supplyAsync(() -> reserve(alice, count), task -> Thread.ofVirtual().start(task));
    }

    @Test
    void aMachineIsPreparedAfterItsAccountIsMadeAndBeforeItIsActive() {
        fixture.machines("m1");
        TestPlaybook.hold();

        CompletableFuture<Lease> lease = startReserving(1);
        await().until(() -> TestPlaybook.runs().size() == 1);

        assertThat(machines.allAccounts()).containsExactly("m1/alice");
        assertThat(machines.closedAccounts()).as("accounts to which no log-in works yet").containsExactly("m1/alice");
        // longer than a claim
        await().during(Duration.ofSeconds(4)).atMost(Duration.ofSeconds(9)).until(() -> {
            Scheduled.cleanUp(reservations, 10);
            return fixture.states().toString().equals("[m1 PROVISIONING]");
        });
        TestPlaybook.letGo();
        assertThat(lease.join().machines()).hasSize(1);
        assertThat(fixture.states()).containsExactly("m1 ACTIVE");
        assertThat(machines.closedAccounts()).isEmpty();
        assertThat(TestPlaybook.runs()).containsExactly("m1");
    }

    /** Until it is known when the user's time begins, the guard must not count the preparation. */
    @Test
    void theEndOnTheMachineCountsFromTheEndOfThePreparation() {
        fixture.machines("m1");
        TestPlaybook.hold();
        CompletableFuture<Lease> lease = startReserving(1);
        await().until(() -> TestPlaybook.runs().size() == 1);
        assertThat(machines.endOn("m1", "alice")).as("the end while no log-in works")
                .isEqualTo(fixture.latest("m1").reservedUntil.plus(Duration.ofDays(1)));

        TestPlaybook.letGo();

        Instant until = lease.join().reservedUntil();
        Duration off = Duration.between(machines.endOn("m1", "alice"), until);
        assertThat(off.abs()).isLessThan(Duration.ofSeconds(5));
        assertThat(machines.asked(Action.END)).containsExactly("m1");
    }

    @Test
    void aMachineThatCannotBePreparedIsReplacedAndOutOfThePoolForAWhile() {
        fixture.machines("m1", "m2", "m3");
        TestPlaybook.run("[ $machine = m2 ] || { report '{\"tasks\": 1}'; exit 0; }\n"
                + "report '{\"tasks\": 1, \"failed\": \"Mount\", \"message\": \"no such volume\"}'; exit 2\n");

        Lease lease = reserve(alice, 2);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m1", "m3");
        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 RELEASING", "m3 ACTIVE");
        String reason = "The machine could not be prepared: The task \"Mount\" failed: no such volume";
        assertThat(fixture.history("m2")).contains("ACCOUNT_FAILED " + reason);
        assertThat(fixture.machine("m2").pausedReason).isEqualTo(reason);
        Scheduled.cleanUp(reservations, 10);
        assertThat(machines.allAccounts()).containsExactlyInAnyOrder("m1/alice", "m3/alice");
    }

    @Test
    void withoutAReplacementTheRequestFailsWithTheReason() {
        fixture.machines("m1");
        TestPlaybook.fail("no such volume");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOfSatisfying(ProvisioningFailedException.class,
                e -> assertThat(e.details().toString()).contains("The machine could not be prepared: The task ")
                        .contains("failed: no such volume"));
        assertThat(machines.allAccounts()).isEmpty();
    }

    @Test
    void theAccountIsRemovedWhenThePreparationDidNotReachTheMachine() {
        fixture.machines("m1");
        TestPlaybook.run("exit 4\n");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);

        assertThat(machines.removals()).containsExactly("m1");
        assertThat(fixture.history("m1")).doesNotContain("NOTHING_MADE");
    }

    @Test
    void aPreparationThatCannotBeStartedIsNoFaultOfTheMachine() {
        fixture.machines("m1", "m2", "m3");
        TestPlaybook.run("kill -KILL $$\n");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);

        assertThat(fixture.machine("m1").pausedReason).isNull();
        assertThat(TestPlaybook.runs()).as("one lost run may be due to a machine").hasSize(2);
    }

    @Test
    void theMachinesOfARequestArePreparedSideBySideWithinTheLimit() {
        fixture.machines("m1", "m2", "m3");
        TestPlaybook.hold();

        CompletableFuture<Lease> lease = startReserving(3);
        await().until(() -> TestPlaybook.runs().size() == 2);
        await().during(Duration.ofSeconds(1)).until(() -> TestPlaybook.runs().size() == 2);

        TestPlaybook.letGo();
        assertThat(lease.join().machines()).hasSize(3);
        assertThat(TestPlaybook.runs()).containsExactlyInAnyOrder("m1", "m2", "m3");
    }

    @Test
    void thePreparationForAReservationThatIsReleasedMeanwhileIsEnded() {
        fixture.machines("m1", "m2");
        TestPlaybook.hold();
        CompletableFuture<Lease> lease = startReserving(2);
        await().until(() -> TestPlaybook.runs().size() == 2);

        long id = fixture.latest("m1").id;
        for (int calls = 0; calls < 2; calls++) {
            assertThat(reservations.release(id)).isEqualTo(new ReleaseReport(0, List.of("m1")));
        }

        await().atMost(Duration.ofSeconds(50)).until(() -> {
            Scheduled.cleanUp(reservations, 10);
            boolean removed = !machines.removals().isEmpty();
            assertThat(removed && TestPlaybook.running().contains("m1")).as("removed beside the playbook").isFalse();
            return removed;
        });
        assertThat(TestPlaybook.running()).containsExactly("m2");
        assertThat(lease).isNotDone();
        assertThat(fixture.states()).contains("m1 RELEASED");
        TestPlaybook.letGo();
        assertThatThrownBy(lease::join).hasCauseInstanceOf(ProvisioningFailedException.class);
    }

    @Test
    void aPreparationUnderALostClaimIsEnded() {
        fixture.machines("m1");
        TestPlaybook.hold();
        CompletableFuture<Lease> lease = startReserving(1);
        await().until(() -> TestPlaybook.runs().size() == 1);

        fixture.endClaims();
        Scheduled.cleanUp(reservations, 10);

        // before its time-out
        assertThatThrownBy(() -> lease.orTimeout(50, java.util.concurrent.TimeUnit.SECONDS).join())
                .cause().isInstanceOf(ProvisioningFailedException.class);
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(machines.allAccounts()).isEmpty();
    }

    /** The worker is frozen, and its playbook ends itself when it is not confirmed. */
    @Test
    void theRemovalWaitsForTheTimeOfAClaimForAPlaybookWhoseWorkerSaysNothing() {
        fixture.machines("m1");
        TestPlaybook.hold();
        CompletableFuture<Lease> lease = startReserving(1);
        await().until(() -> TestPlaybook.runs().size() == 1);
        Instant before = Instant.now();

        reservations.release(fixture.latest("m1").id);

        assertThat(Duration.between(before, fixture.latest("m1").nextAttemptAt)).isGreaterThan(Duration.ofSeconds(2));
        assertThatThrownBy(lease::join).hasCauseInstanceOf(ProvisioningFailedException.class);
    }

    @Test
    void aMachineWhoseAccountCannotBeOpenedIsReplaced() {
        fixture.machines("m1", "m2");
        machines.fail("m1", Action.END, Outcome.FAILED, "The disk is full.");

        Lease lease = reserve(alice, 1);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
        assertThat(fixture.states()).containsExactly("m1 RELEASING", "m2 ACTIVE");
        assertThat(machines.closedAccounts()).containsExactly("m1/alice");
    }

    /** The account is there, whatever the answer to the opening is. */
    @ParameterizedTest
    @EnumSource(names = "DONE", mode = Mode.EXCLUDE)
    void anAccountThatCannotBeOpenedIsRemoved(Outcome outcome) {
        fixture.machines("m1");
        machines.fail("m1", Action.END, outcome, "no");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(DomainException.class);
        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.history("m1")).contains("VERIFIED_GONE").doesNotContain("NOTHING_MADE");
        assertThat(machines.allAccounts()).isEmpty();
    }

    @Test
    void aServiceThatOpensNoAccountSpoilsTwoMachinesAndNotAll() {
        fixture.machines("m1", "m2", "m3", "m4");
        for (String machine : List.of("m1", "m2", "m3", "m4")) {
            machines.fail(machine, Action.END, Outcome.RUN_LOST, "The service was interrupted.");
        }

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);

        assertThat(machines.asked(Action.END)).containsExactly("m1", "m2");
    }

    /** Nothing runs there: the machine was prepared, and another one of the request is not yet. */
    @Test
    void theRemovalDoesNotWaitOnAMachineWhosePlaybookHasEnded() {
        fixture.machines("m1", "m2");
        TestPlaybook.run("[ $machine = m1 ] && { report '{\"tasks\": 1}'; exit 0; }\n"
                + "echo $$ >pid-$machine; while :; do sleep 0.05; done\n");
        CompletableFuture<Lease> lease = startReserving(2);
        await().until(() -> TestPlaybook.running().equals(List.of("m2")));

        reservations.release(fixture.latest("m1").id);

        await().atMost(Duration.ofSeconds(50)).until(() -> {
            Scheduled.cleanUp(reservations, 10);
            return fixture.states().contains("m1 RELEASED");
        });
        assertThat(lease).isNotDone();
        reservations.release(fixture.latest("m2").id);
        assertThatThrownBy(lease::join).hasCauseInstanceOf(ProvisioningFailedException.class);
    }

    @Test
    void aReplacementOfARequestThatIsNotKeptAliveIsNotRemovedBesideItsPlaybook() throws Exception {
        fixture.machines("m1", "m2");
        reservations.reserve(new ReservationSpec(alice, 1, 60, "alice", "secret word")
                .with(new RequestOptions(null, List.of(), 0, 2, null, null)), null);
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");
        TestPlaybook.hold();
        CompletableFuture<Void> replacement = CompletableFuture.runAsync(
                () -> replacements.replace(fixture.latest("m1").id), task -> Thread.ofVirtual().start(task));
        await().until(() -> TestPlaybook.running().equals(List.of("m2")));
        fixture.change("m1", machine -> Request.update("keepaliveUntil = createdAt"));

        await().atMost(Duration.ofSeconds(50)).until(() -> {
            Scheduled.cleanUp(reservations, 10);
            boolean removed = machines.removals().contains("m2");
            assertThat(removed && TestPlaybook.running().contains("m2")).as("removed beside the playbook").isFalse();
            return removed;
        });
        replacement.get();
        assertThat(fixture.requests()).containsExactly("alice LAPSED");
    }

    @Test
    void allMachinesHaveTheSameEndAlthoughOthersFollowed() {
        fixture.machines("m1", "m2", "m3");
        machines.fail("m2", Action.END, Outcome.FAILED, "The disk is full.");

        Lease lease = reserve(alice, 2);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m1", "m3");
        assertThat(machines.asked(Action.END)).containsExactly("m1", "m2", "m1", "m3");
        assertThat(machines.endOn("m1", "alice")).isEqualTo(machines.endOn("m3", "alice"));
    }

    @Test
    void aReplacementIsPreparedToo() {
        fixture.machines("m1", "m2");
        reserve(alice, 1);
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");

        replacements.replace(fixture.latest("m1").id);

        assertThat(TestPlaybook.runs()).containsExactly("m1", "m2");
        assertThat(fixture.states()).containsExactly("m1 RELEASING", "m2 ACTIVE");
        assertThat(machines.closedAccounts()).isEmpty();
        assertThat(machines.endOn("m2", "alice")).isEqualTo(fixture.latest("m2").reservedUntil);
    }
}
