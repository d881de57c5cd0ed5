package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.pool.AbandonedAccount;
import io.machinemanager.pool.MachineService;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Machines that are moved or deleted while a reservation is on them. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class MachineDeletionTest extends ReservationTestBase {

    @Inject
    MachineService machineService;

    @Inject
    ProbeService probes;

    @Test
    void aReservationOfAMachineThatWasNeverReachedEndsByItself() {
        releasingButNeverReached("m1");

        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.history("m1")).endsWith("REMOVAL_FAILED connection refused", "NOTHING_MADE");
    }

    @Test
    void aMachineThatWasReachedOnceIsNotTakenForUntouched() {
        releasingButNeverReached("m1");
        fixture.change("m1", machine -> machine.lastSeenAt = machine.createdAt);

        Scheduled.cleanUp(reservations, 10);

        assertThat(fixture.states()).containsExactly("m1 RELEASING");
        assertThatThrownBy(() -> machineService.delete("m1", false)).isInstanceOf(ConflictException.class);
    }

    /** As an older release left it, which lent machines that had never answered. */
    private void releasingButNeverReached(String name) {
        fixture.machines(name);
        machines.fail(name, Outcome.UNREACHABLE, "connection refused");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);
        Scheduled.cleanUp(reservations, 10);
        fixture.endPauses();
        Scheduled.cleanUp(reservations, 10);
        fixture.endPauses();
        fixture.change(name, machine -> {
            machine.hostKeys = null;
            machine.lastSeenAt = null;
        });
        assertThat(fixture.states()).containsExactly(name + " RELEASING");
    }

    @Test
    void aMachineThatWasNeverReachedCanMoveAndBeDeletedDuringARemoval() {
        releasingButNeverReached("m1");
        machineService.change("m1",
                new MachineChange("10.0.0.9", null, null, SshCredentials.password("x"), null, null, null));
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(machineService.delete("m1", false)).isEmpty();

        fixture.clear();
        alice = fixture.user("alice");
        releasingButNeverReached("m2");
        assertThat(machineService.delete("m2", false)).isEmpty();
        assertThat(fixture.states()).containsExactly("m2 RELEASED");
    }

    @Test
    void aRequestFailsAndReservesNothingWhenOneOfItsMachinesIsDeletedByForce() {
        fixture.machines("m1", "m2");
        CompletableFuture<Void> gate = machines.hold("m2");
        CompletableFuture<Lease> late = CompletableFuture.supplyAsync(() -> reserve(alice, 2),
                task -> Thread.ofVirtual().start(task));
        await().until(() -> machines.waiting() == 1);
        assertThatThrownBy(() -> machineService.delete("m2", false)).isInstanceOf(ConflictException.class)
                .hasMessageContaining("?force=true").hasMessageContaining("account alice");

        assertThat(machineService.delete("m2", true)).get().extracting(AbandonedAccount::account).isEqualTo("alice");
        gate.complete(null);

        assertThat(late).failsWithin(Duration.ofSeconds(20)).withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(ProvisioningFailedException.class);
        assertThat(fixture.history("m2")).containsExactly("ALLOCATED",
                "ABANDONED the account alice with its processes and its home may be left on 127.0.0.1 port 22.");
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m2 RELEASED");
        assertThat(fixture.latest("m2").releaseCause).isEqualTo(ReleaseCause.ABANDONED);
        assertThat(fixture.audited(AuditAction.RESERVATION_ENDED)).anyMatch(line -> line.contains("ABANDONED"));
        assertThat(fixture.audited(AuditAction.MACHINE_DELETED))
                .anyMatch(line -> line.startsWith("m2 DONE by force: the account alice"));
    }

    @Test
    void aForcedDeletionAbandonsARemovalAndLeavesOtherMachinesOfTheRequestAlone() {
        fixture.machines("m1", "m2");
        reserve(alice, 2);
        machines.fail("m1", Outcome.UNREACHABLE, "no answer");
        reservations.release(fixture.latest("m1").id);

        machineService.delete("m1", true);

        assertThat(fixture.latest("m1").releaseCause).isEqualTo(ReleaseCause.ABANDONED);
        assertThat(fixture.latest("m1").passwordHash).isNull();
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m2 ACTIVE");
        fixture.endPauses();
        assertThat(Scheduled.cleanUp(reservations, 10)).isZero();
    }

    @Test
    void aHostThatIsRegisteredAgainAfterAForcedDeletionIsLentOnceItsStrayAccountIsGone() {
        fixture.machines("m1");
        reserve(alice, 1);
        machineService.delete("m1", true);
        fixture.machines("m1");
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        assertThat(machines.accountsOn("m1")).containsExactly("alice");

        await().untilAsserted(() -> {
            Scheduled.probe(probes, 10);
            assertThat(machines.accountsOn("m1")).isEmpty();
            assertThat(reason("m1")).isNull();
        });
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }
}
