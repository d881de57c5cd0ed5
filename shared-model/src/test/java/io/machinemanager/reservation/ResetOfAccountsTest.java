package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.pool.MachineState;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.testing.TestPlaybook;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** A reset also ends accounts that could not be removed, and never frees a machine that has one. */
@QuarkusTest
@TestProfile(ResetTestBase.WithReset.class)
@WithTestResource(MariaDbResource.class)
class ResetOfAccountsTest extends ResetTestBase {

    @Inject
    ProbeService probes;

    @Test
    void aResetThatDidNothingIsFoundOutWhenTheAccountIsThere() {
        lendAndRelease();
        machines.addStrayAccount("m1", "alice");

        runDue();

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(reason("m1")).isEqualTo("After the reset, the account alice is on the machine again.");
    }

    @Test
    void aMachineOnWhichNothingWasMadeIsNotReset() {
        machines.fail("m1", Outcome.REFUSED, "the name exists");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ConflictException.class);

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
    }

    @Test
    void aMachineWhoseAccountCouldNotBeMadeIsReset() {
        machines.fail("m1", Action.CREATE, Outcome.FAILED, "useradd: no space left on device");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        machines.heal("m1");
        runDue();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.machine("m1").pausedReason).as("the reset says nothing about new accounts")
                .contains("no space left");
    }

    /** A machine that was made anew has forgotten the token, and would make the account for a late worker. */
    @Test
    void theFenceOfTheMachineIsRestoredAfterTheReset() {
        lendAndRelease();
        machines.forgetFence("m1");
        AccountTask late = machines.tasks(Action.CREATE).getFirst();

        runDue();

        assertThat(machines.work(late).outcome()).isEqualTo(Outcome.FAILED);
        assertThat(machines.allAccounts()).isEmpty();
    }

    @Test
    void aMachineThatWasSetBackToAStateWithAnotherAccountIsNotLentUntilTheAccountIsGone() {
        lendAndRelease();
        machines.addStrayAccount("m1", "bob");

        runDue();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(state("m1")).isEqualTo(MachineState.UNAVAILABLE);
        assertThat(reason("m1")).isEqualTo("After the reset, the account bob is on it, which no reservation knows.");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);

        probes.probeNow("m1");
        probes.probeNow("m1");
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    @Test
    void aPlaybookThatFailsDoesNotKeepTheAccountOnTheMachine() {
        reserve(alice, 1);
        fixture.expireAll();
        failRemovals("the network is down");
        machines.heal("m1");
        TestPlaybook.fail("no such snapshot");

        runDue();

        assertThat(machines.allAccounts()).isEmpty();
        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(fixture.requests()).containsExactly("alice ENDED");
        assertThat(fixture.history("m1")).contains("VERIFIED_GONE");
    }

    @Test
    void aMachineOnWhichTheUserMadeTheRemovalImpossibleIsResetAndTheAccountVerifiedGoneThen() {
        reserve(alice, 1);
        fixture.expireAll();
        failRemovals("the password is wrong");
        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(reason("m1")).isEqualTo("the password is wrong");
        assertThat(fixture.requests()).as("the account may be there").containsExactly("alice ACTIVE");
        assertThat(reservations.release(fixture.latest("m1").id)).isEqualTo(new ReleaseReport(0, List.of("m1")));

        runDue();
        assertThat(fixture.states()).as("a reset after which the account is not verified gone")
                .containsExactly("m1 RESETTING");
        assertThat(reason("m1")).isEqualTo("After the reset: the password is wrong");

        machines.heal("m1");
        fixture.endPauses();
        runDue();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(fixture.requests()).containsExactly("alice ENDED");
        assertThat(fixture.history("m1")).endsWith("REMOVAL_FAILED the password is wrong",
                "RESET_FAILED After the reset: the password is wrong", "VERIFIED_GONE", "RESET_DONE");
    }

    @Test
    void aMachineWithAnAccountThatIsDeletedByForceIsAbandonedWithIt() {
        reserve(alice, 1);
        fixture.expireAll();
        failRemovals("the password is wrong");

        assertThat(machineService.delete("m1", true)).isPresent();
        assertThat(fixture.latest("m1").releaseCause).isEqualTo(ReleaseCause.ABANDONED);
    }
}
