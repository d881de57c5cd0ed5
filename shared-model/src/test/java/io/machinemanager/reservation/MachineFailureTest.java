package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Machines that fail while accounts are made on them. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class MachineFailureTest extends ReservationTestBase {

    @Inject
    MachineConfig machineConfig;

    @Inject
    ReservationConfig config;

    @Test
    void aFailingMachineIsReplacedAndLeavesThePoolWithItsReason() {
        fixture.machines("m1", "m2", "m3");
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");

        Lease lease = reserve(alice, 2);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m2", "m3");
        assertThat(fixture.states()).containsExactly("m1 RELEASING", "m2 ACTIVE", "m3 ACTIVE");
        assertThat(fixture.machine("m1").unavailableReason).isEqualTo("connection refused");
        assertThat(fixture.machine("m1").unavailableUntil).isAfter(fixture.machine("m1").createdAt);
    }

    @Test
    void accountsThatAreMadeStayClaimedWhileOtherMachinesAreTried() {
        fixture.machines("m1", "m2", "m3");
        machines.delegate("m2", tasks -> {
            fixture.letClaimsRunOutIn(Duration.ofSeconds(20));
            return List.of(CompletableFuture
                    .completedFuture(new AccountResult(Outcome.UNREACHABLE, "connection refused")));
        });
        AtomicReference<Instant> claimed = new AtomicReference<>();
        machines.before("m3", () -> claimed.set(fixture.requestOf("m1").claimedUntil));

        reserve(alice, 2);

        assertThat(claimed.get()).isAfter(fixture.latest("m1").createdAt.plus(config.claim().dividedBy(2)));
    }

    @Test
    void aMachineThatKeepsFailingIsNotLentForEverLonger() {
        fixture.machines("m1");
        machines.fail("m1", Action.CREATE, Outcome.FAILED, "useradd: no space left on device");

        for (int failures = 1; failures <= 4; failures++) {
            assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);
            // chance takes away up to half of a pause
            Duration longest = machineConfig.sitOut().multipliedBy(1L << (failures - 1));
            assertThat(Duration.between(Instant.now(), fixture.machine("m1").pausedUntil))
                    .isBetween(longest.dividedBy(2).minusSeconds(5), longest);
            fixture.change("m1", machine -> machine.pausedUntil = machine.createdAt);
        }
        machines.heal("m1");
        assertThat(reserve(alice, 1).machines()).hasSize(1);
        assertThat(fixture.machine("m1").failures).isZero();
    }

    @Test
    void withoutAReplacementForAFailingMachineNothingIsReserved() {
        fixture.machines("m1", "m2");
        machines.fail("m2", Outcome.FAILED, "useradd: no space left on device");

        assertThatThrownBy(() -> reserve(alice, 2)).isInstanceOfSatisfying(ProvisioningFailedException.class,
                e -> assertThat(e.details().toString()).contains("m2").contains("no space left"));

        assertThat(machines.allAccounts()).isEmpty();
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m2 RELEASING");
    }

    @Test
    void aFailureOnOurSideTakesNoMachineOutOfThePool() {
        fixture.machines("m1", "m2");
        machines.fail("m1", Action.CREATE, Outcome.NOT_STARTED, "the disk is full");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("the disk is full");

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.machine("m1").pausedReason).isNull();
    }

    @Test
    void aLostRunIsRepeatedOnOtherMachinesOnceOnly() {
        fixture.machines("m1", "m2", "m3");
        machines.fail("m1", Action.CREATE, Outcome.RUN_LOST, "Ansible was killed.");
        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
        reservations.releaseAll();

        machines.fail("m2", Action.CREATE, Outcome.RUN_LOST, "Ansible was killed.");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("Ansible was killed.");

        assertThat(fixture.states()).doesNotContain("m3 RELEASED", "m3 RELEASING");
    }

    @Test
    void aNameThatExistsOnAMachineIsAConflictAndTheMachineStaysInThePool() {
        fixture.machines("m1");
        machines.addForeignAccount("m1", "alice");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ConflictException.class)
                .hasMessage("The account name alice cannot be used. m1: The name exists."
                        + " There are no other machines: take another name.");

        assertThat(machines.accountsOn("m1")).containsExactly("alice");
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(reservations.reserve(new ReservationSpec(alice, 1, 60, "guest", null)).machines()).hasSize(1);
    }

    @Test
    void aNameThatExistsOnOneMachineIsMadeOnAnotherAndTheFirstIsFreeAtOnce() {
        fixture.machines("m1", "m2", "m3");
        machines.addForeignAccount("m1", "alice");
        List<String> meanwhile = new ArrayList<>();
        machines.before("m3", () -> meanwhile.addAll(fixture.states()));

        assertThat(reserve(alice, 2).machines()).extracting(Lease.LentMachine::name).containsExactly("m2", "m3");

        assertThat(meanwhile).containsExactly("m1 RELEASED", "m2 PROVISIONING", "m3 PROVISIONING");
        assertThat(fixture.history("m1")).containsExactly("ALLOCATED", "ACCOUNT_FAILED The name exists.",
                "NOTHING_MADE");
        assertThat(machines.removals()).isEmpty();
        assertThat(reservations.reserve(new ReservationSpec(alice, 1, 60, "guest", null)).machines())
                .extracting(Lease.LentMachine::name).containsExactly("m1");
    }

    @Test
    void aNameThatEveryMachineRefusesIsTriedOnceOnEachAndHoldsNone() {
        List<String> names = IntStream.range(0, 12).mapToObj(i -> "m%02d".formatted(i)).toList();
        fixture.machines(names.toArray(String[]::new));
        names.forEach(name -> machines.addForeignAccount(name, "alice"));

        assertThatThrownBy(() -> reserve(alice, 3)).isInstanceOf(ConflictException.class)
                .hasMessageContaining("m00: The name exists. m01: The name exists.").hasMessageContaining("And 7 more.")
                .hasMessageEndingWith("There are no other machines: take another name.");

        assertThat(fixture.states()).hasSize(12).allMatch(state -> state.endsWith("RELEASED")).doesNotHaveDuplicates();
        assertThat(machines.removals()).isEmpty();
    }

    @Test
    void whenTheMachinesThatWouldTakeANameAreLentTheConflictSaysSo() {
        fixture.machines("m1", "m2");
        machines.addForeignAccount("m2", "petra");
        reserve(alice, 1);

        assertThatThrownBy(() -> reserve(fixture.user("petra"), 1)).isInstanceOf(ConflictException.class)
                .hasMessageContaining("m2: The name exists.").hasMessageContaining("other machines are reserved")
                .hasMessageContaining("try again later");
    }

    @Test
    void aNameThatIsRefusedBesideAMachineThatFailsIsNotTheCallersFaultAlone() {
        fixture.machines("m1", "m2");
        machines.addForeignAccount("m1", "alice");
        machines.fail("m2", Action.CREATE, Outcome.FAILED, "No space left.");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("Machines failed and no others are free. m1: The name exists. m2: No space left.");
        assertThat(fixture.states()).containsExactly("m1 RELEASED", "m2 RELEASED");
    }

    @Test
    void anUnusableMachineIsReplacedAndNotLentHoweverLongThatLasts() {
        fixture.machines("m1", "m2");
        machines.fail("m1", Action.CREATE, Outcome.UNUSABLE, "Its SSH server lets no new user in.");

        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        fixture.change("m1", machine -> {
            machine.clearFailures();
            machine.nextProbeAt = machine.createdAt.plus(Duration.ofDays(1));
        });
        assertThat(fixture.states()).containsExactly("m1 RELEASING", "m2 ACTIVE");
        Scheduled.cleanUp(reservations, 10);
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
        assertThat(reason("m1")).isEqualTo("Its SSH server lets no new user in.");
    }

    @Test
    void whenAllMachinesAreUnusableTheErrorNamesEachAndItsReason() {
        fixture.machines("m1");
        machines.fail("m1", Action.CREATE, Outcome.UNUSABLE, "Its SSH server lets no new user in.");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessageContaining("m1: Its SSH server lets no new user in.");
    }
}
