package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.pool.MachineState;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.testing.TestPlaybook;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** A machine is reset after its account is gone, before it is lent again. */
@QuarkusTest
@TestProfile(ResetTestBase.WithReset.class)
@WithTestResource(MariaDbResource.class)
class ResetTest extends ResetTestBase {

    @Test
    void aMachineIsResetAfterItsAccountIsGoneAndBeforeItIsFree() {
        lendAndRelease();

        assertThat(machines.allAccounts()).isEmpty();
        assertThat(TestPlaybook.runs()).isEmpty();
        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(state("m1")).isEqualTo(MachineState.RESETTING);
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
        assertThat(Scheduled.cleanUp(reservations, 10)).as("taken for a removal").isZero();

        assertThat(runDue()).isEqualTo(1);

        assertThat(TestPlaybook.runs()).containsExactly("m1");
        assertThat(machines.probes()).containsExactly("m1");
        assertThat(fixture.history("m1")).containsExactly("ALLOCATED", "ACCOUNT_MADE", "RELEASE_STARTED EXPIRED",
                "VERIFIED_GONE", "RESET_DONE");
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.machine("m1").lastResetMillis).isPositive();
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    @Test
    void theUserIsDoneWithAMachineThatIsBeingReset() {
        long request = reserve(alice, 1).requestId();
        long id = fixture.latest("m1").id;

        assertThat(reservations.release(id)).isEqualTo(new ReleaseReport(1, List.of()));

        assertThat(fixture.requests()).containsExactly("alice ENDED");
        assertThatThrownBy(() -> requests.cancel(request, "again")).isInstanceOf(GoneException.class);
        assertThat(Reservation.countInUse(alice.userId())).isZero();
        assertThat(fixture.latest("m1").passwordHash).isNull();
        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(90)))
                .isInstanceOf(ConflictException.class);
    }

    @Test
    void aFailedResetIsTriedAgainWithGrowingPausesAndTheReasonIsShown() {
        TestPlaybook.fail("no such snapshot");
        lendAndRelease();

        for (int failures = 1; failures <= 4; failures++) {
            Instant before = Instant.now();
            assertThat(runDue()).isEqualTo(1);
            Duration longest = config.retryFirst().multipliedBy(1L << (failures - 1));
            assertThat(Duration.between(before, fixture.latest("m1").nextAttemptAt))
                    .isBetween(longest.dividedBy(2), longest.plusSeconds(10));
            assertThat(runDue()).as("taken up again before its pause is over").isZero();
            assertThat(fixture.latest("m1").failedResets).isEqualTo(failures);
            fixture.endPauses();
        }
        assertThat(reason("m1")).isEqualTo("The task \"Reset\" failed: no such snapshot");
        assertThat(state("m1")).isEqualTo(MachineState.RESETTING);
        assertThat(fixture.history("m1")).contains("RESET_FAILED The task \"Reset\" failed: no such snapshot");
        assertThat(machines.probes()).isEmpty();

        TestPlaybook.succeed();
        runDue();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(state("m1")).isEqualTo(MachineState.FREE);
    }

    @Test
    void anOldFailureOfTheRemovalIsNotTheReasonOfTheReset() {
        reserve(alice, 1);
        fixture.expireAll();
        machines.fail("m1", Outcome.FAILED, "userdel: alice is busy");
        Scheduled.cleanUp(reservations, 10);
        machines.heal("m1");
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(reason("m1")).isNull();
        assertThat(fixture.latest("m1").attempts).isEqualTo(1);
    }

    @Test
    void aResetThatHangsFails() {
        TestPlaybook.run("sleep 4260\n");
        lendAndRelease();

        runDue();

        assertThat(reason("m1")).isEqualTo("RESET_PLAYBOOK did not end within 10 s.");
        assertThat(ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream()))
                .noneMatch(command -> command.contains("sleep 4260"));
    }

    @Test
    void aResetThatPrintsWithoutEndSucceeds() {
        TestPlaybook.run("head -c 200000000 /dev/zero | tr '\\0' x | tee /dev/stderr; report '{\"tasks\": 1}'\n");
        lendAndRelease();

        runDue();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
    }

    @Test
    void aMachineThatTheResetHasRemovedStaysOut() {
        lendAndRelease();
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");

        runDue();

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(reason("m1")).isEqualTo("After the reset: connection refused");
        assertThat(fixture.latest("m1").lastOutcome).isEqualTo(Outcome.UNREACHABLE);
    }

    @Test
    void aMachineThatIsOfNoUseAfterTheResetIsFreeButNotLent() {
        lendAndRelease();
        machines.fail("m1", Action.PROBE, Outcome.UNUSABLE, "no user can log in");

        runDue();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(state("m1")).isEqualTo(MachineState.UNAVAILABLE);
        assertThat(reason("m1")).isEqualTo("no user can log in");
    }

    @Test
    void withARealPlaybookTheVariablesAndTheReasonArrive() {
        TestPlaybook.useAnsible(
                """
                        - fail:
                            msg: "{{ mm_machine }} {{ mm_account }} {{ mm_owner }} {{ mm_request }} {{ mm_labels.rack }} {{ mm_note }}"
                        """);
        machineService.change("m1", new MachineChange(null, null, null, null, null, null, null, null,
                Map.of("rack", "7")));
        long request = ((Reserved.Lent) reservations.reserve(
                new ReservationSpec(alice, 1, 60, "bob", "secret word")
                        .with(new RequestOptions(null, List.of(), 0, null, "{{ 1+1 }} $(id)", null)),
                null)).lease().requestId();
        fixture.expireAll();
        Scheduled.cleanUp(reservations, 10);

        runDue();

        assertThat(reason("m1")).isEqualTo(
                "The task \"fail\" failed: m1 bob alice %d 7 {{ 1+1 }} $(id)".formatted(request));
    }

    @Test
    void anAdminNeedNotWaitForTheNextTry() {
        TestPlaybook.fail("no such snapshot");
        lendAndRelease();
        runDue();
        assertThat(runDue()).isZero();

        assertThat(reservations.releaseAll()).isEqualTo(new ReleaseReport(0, List.of()));

        assertThat(runDue()).isEqualTo(1);
    }

    @Test
    void aMachineThatIsBeingResetIsDeletedByForceOnly() {
        lendAndRelease();

        assertThatThrownBy(() -> machineService.delete("m1", false)).isInstanceOf(ConflictException.class)
                .hasMessage("The machine m1 is being reset. If it died for good, delete it with ?force=true:"
                        + " it is not reset then.");
        assertThat(machineService.delete("m1", true)).as("an account that is left").isEmpty();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.history("m1")).endsWith("ABANDONED The machine was deleted before it was reset.");
        assertThat(fixture.latest("m1").releaseCause).isEqualTo(ReleaseCause.EXPIRED);
    }

    @Test
    void aRequestThatIsNotKeptAliveLeavesAMachineAloneThatIsBeingReset() {
        fixture.machines("m2");
        reservations.reserve(new ReservationSpec(alice, 2, 60, "alice", "secret word")
                .with(new RequestOptions(null, List.of(), 0, 2, null, null)), null);
        reservations.release(fixture.latest("m1").id);
        assertThat(fixture.states()).containsExactly("m1 RESETTING", "m2 ACTIVE");
        fixture.change("m1", machine -> Request.update("keepaliveUntil = createdAt"));

        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RESETTING", "m2 RESETTING");
        assertThat(fixture.history("m1")).endsWith("RELEASE_STARTED GIVEN_BACK", "VERIFIED_GONE");
        assertThat(fixture.requests()).containsExactly("alice LAPSED");
    }

    @Test
    void resultsThatAreNoneAreTriedAgain() {
        lendAndRelease();
        machines.delegate("m1", tasks -> List.of(CompletableFuture
                .completedFuture(new AccountResult(Outcome.NOT_STARTED, "Machine Manager is shutting down."))));

        runDue();

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
    }
}
