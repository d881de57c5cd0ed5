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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.pool.AbandonedAccount;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.PoolService;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReservationServiceTest {

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    PoolService pool;

    @Inject
    MachineService machineService;

    @Inject
    ProbeService probes;

    @Inject
    ReservationFixture scene;

    @Inject
    MachineConfig machineConfig;

    @Inject
    ReservationConfig config;

    MariaDb database;

    private Requester alice;

    @BeforeEach
    void emptyPool() {
        scene.clear();
        machines.reset();
        alice = scene.user("alice");
    }

    private Lease reserve(Requester requester, int count) {
        return reservations.reserve(new ReservationSpec(requester, count, 60, requester.name(), "secret word"));
    }

    @Test
    void everyMachineOfALeaseHasTheAccount() {
        scene.machines("m1", "m2", "m3");

        Lease lease = reserve(alice, 2);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m1", "m2");
        assertThat(machines.allAccounts()).containsExactlyInAnyOrder("m1/alice", "m2/alice");
        assertThat(scene.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
    }

    @Test
    void aGivenPasswordIsNeverHandedBackAndAMissingOneIsGenerated() {
        scene.machines("m1", "m2");

        assertThat(reserve(alice, 1).generatedPassword()).isNull();
        assertThat(reservations.reserve(new ReservationSpec(alice, 1, 60, "guest", null)).generatedPassword())
                .hasSizeGreaterThanOrEqualTo(16);
    }

    @Test
    void fiftyAtOnceOnTenMachinesGiveTenLeasesOnTenMachines() throws Exception {
        scene.machines("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9");

        List<Object> answers = allAtOnce(50, () -> reserve(alice, 1).machines().getFirst().name());

        assertThat(answers.stream().filter(String.class::isInstance)).hasSize(10).doesNotHaveDuplicates();
        assertThat(answers.stream().filter(answer -> !(answer instanceof String))).hasSize(40)
                .allSatisfy(answer -> assertThat(answer).isInstanceOf(NotEnoughAvailableException.class));
    }

    @Test
    void requestsForManyAtOnceNeverHoldAPartOfTheirMachines() throws Exception {
        scene.machines("m0", "m1", "m2", "m3", "m4", "m5", "m6");

        List<Object> answers = allAtOnce(20, () -> reserve(alice, 3).requestId());

        assertThat(answers.stream().filter(String.class::isInstance)).hasSize(2);
        assertThat(scene.states()).hasSize(6).allSatisfy(state -> assertThat(state).endsWith("ACTIVE"));
    }

    @Test
    void tooFewFreeMachinesHoldNoneAndTellWhenThereWillBeEnough() {
        scene.machines("m1", "m2");
        Lease lease = reserve(alice, 1);

        assertThatThrownBy(() -> reserve(alice, 2)).isInstanceOfSatisfying(NotEnoughAvailableException.class, e -> {
            assertThat(e.details()).containsEntry("available", 1L);
            assertThat(e.details().get("next_free_at")).isEqualTo(lease.reservedUntil());
        });
        assertThat(scene.states()).containsExactly("m1 ACTIVE");
    }

    @Test
    void aFailingMachineIsReplacedAndSitsOutWithItsReason() {
        scene.machines("m1", "m2", "m3");
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");

        Lease lease = reserve(alice, 2);

        assertThat(lease.machines()).extracting(Lease.LentMachine::name).containsExactly("m2", "m3");
        assertThat(scene.states()).containsExactly("m1 RELEASING", "m2 ACTIVE", "m3 ACTIVE");
        assertThat(scene.machine("m1").unavailableReason).isEqualTo("connection refused");
        assertThat(scene.machine("m1").unavailableUntil).isAfter(scene.machine("m1").createdAt);
    }

    @Test
    void whatIsMadeAlreadyStaysClaimedWhileOtherMachinesAreTried() {
        scene.machines("m1", "m2", "m3");
        machines.delegate("m2", tasks -> {
            scene.letClaimsRunOutIn(Duration.ofSeconds(20));
            return List.of(CompletableFuture
                    .completedFuture(new AccountResult(Outcome.UNREACHABLE, "connection refused")));
        });
        AtomicReference<Instant> claimed = new AtomicReference<>();
        machines.before("m3", () -> claimed.set(scene.latest("m1").claimedUntil));

        reserve(alice, 2);

        assertThat(claimed.get()).isAfter(scene.latest("m1").createdAt.plus(config.claim().dividedBy(2)));
    }

    @Test
    void aMachineThatGoesOnFailingSitsOutForEverLonger() {
        scene.machines("m1");
        machines.fail("m1", Action.CREATE, Outcome.FAILED, "useradd: no space left on device");

        for (int failures = 1; failures <= 4; failures++) {
            assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);
            // chance takes away up to half of a pause
            Duration longest = machineConfig.sitOut().multipliedBy(1L << (failures - 1));
            assertThat(Duration.between(Instant.now(), scene.machine("m1").pausedUntil))
                    .isBetween(longest.dividedBy(2).minusSeconds(5), longest);
            scene.change("m1", machine -> machine.pausedUntil = machine.createdAt);
        }
        machines.heal("m1");
        assertThat(reserve(alice, 1).machines()).hasSize(1);
        assertThat(scene.machine("m1").failures).isZero();
    }

    @Test
    void whenNoMachineCanReplaceAFailingOneNothingIsHeld() {
        scene.machines("m1", "m2");
        machines.fail("m2", Outcome.FAILED, "useradd: no space left on device");

        assertThatThrownBy(() -> reserve(alice, 2)).isInstanceOfSatisfying(ProvisioningFailedException.class,
                e -> assertThat(e.details().toString()).contains("m2").contains("no space left"));

        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.states()).containsExactly("m1 RELEASED", "m2 RELEASING");
    }

    @Test
    void aFailureOnOurOwnSideLetsNoMachineSitOut() {
        scene.machines("m1", "m2");
        machines.fail("m1", Action.CREATE, Outcome.NOT_STARTED, "the disk is full");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("the disk is full");

        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(scene.machine("m1").pausedReason).isNull();
    }

    @Test
    void workThatBreaksOffOnOurOwnSideIsTriedOnOtherMachinesOnceAndSpoilsNoMore() {
        scene.machines("m1", "m2", "m3");
        machines.fail("m1", Action.CREATE, Outcome.RUN_LOST, "Ansible was killed.");
        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
        reservations.releaseAll();

        machines.fail("m2", Action.CREATE, Outcome.RUN_LOST, "Ansible was killed.");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("Ansible was killed.");

        assertThat(scene.states()).doesNotContain("m3 RELEASED", "m3 RELEASING");
    }

    @Test
    void aMachineWhosePasswordCannotBeDecryptedHoldsUpNoOther() {
        scene.machines("m1", "m2");
        reserve(alice, 2);
        scene.change("m1", machine -> machine.sealedPassword = "v1:00000000:AAAA");
        machines.fail("m1", Outcome.UNREACHABLE, "no password");
        scene.expireAll();

        Scheduled.cleanUp(reservations, 10);

        assertThat(scene.states()).containsExactly("m1 RELEASING", "m2 RELEASED");
    }

    @Test
    void aNameThatExistsOnAMachineIsAConflictAndTheMachineStaysInThePool() {
        scene.machines("m1");
        machines.addForeignAccount("m1", "alice");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ConflictException.class)
                .hasMessage("The account name alice cannot be used. m1: The name exists."
                        + " There are no other machines: take another name.");

        assertThat(machines.accountsOn("m1")).containsExactly("alice");
        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(reservations.reserve(new ReservationSpec(alice, 1, 60, "guest", null)).machines()).hasSize(1);
    }

    @Test
    void aNameThatExistsOnOneMachineIsMadeOnAnotherAndTheFirstIsFreeAtOnce() {
        scene.machines("m1", "m2", "m3");
        machines.addForeignAccount("m1", "alice");
        List<String> meanwhile = new ArrayList<>();
        machines.before("m3", () -> meanwhile.addAll(scene.states()));

        assertThat(reserve(alice, 2).machines()).extracting(Lease.LentMachine::name).containsExactly("m2", "m3");

        assertThat(meanwhile).containsExactly("m1 RELEASED", "m2 PROVISIONING", "m3 PROVISIONING");
        assertThat(scene.history("m1")).containsExactly("ALLOCATED", "ACCOUNT_FAILED The name exists.", "NOTHING_MADE");
        assertThat(machines.removals()).isEmpty();
        assertThat(reservations.reserve(new ReservationSpec(alice, 1, 60, "guest", null)).machines())
                .extracting(Lease.LentMachine::name).containsExactly("m1");
    }

    @Test
    void aNameThatEveryMachineRefusesIsTriedOnceOnEachAndHoldsNone() {
        List<String> names = IntStream.range(0, 12).mapToObj(i -> "m%02d".formatted(i)).toList();
        scene.machines(names.toArray(String[]::new));
        names.forEach(name -> machines.addForeignAccount(name, "alice"));

        assertThatThrownBy(() -> reserve(alice, 3)).isInstanceOf(ConflictException.class)
                .hasMessageContaining("m00: The name exists. m01: The name exists.").hasMessageContaining("And 7 more.")
                .hasMessageEndingWith("There are no other machines: take another name.");

        assertThat(scene.states()).hasSize(12).allMatch(state -> state.endsWith("RELEASED")).doesNotHaveDuplicates();
        assertThat(machines.removals()).isEmpty();
    }

    @Test
    void whenTheMachinesThatWouldTakeANameAreLentTheConflictSaysSo() {
        scene.machines("m1", "m2");
        machines.addForeignAccount("m2", "petra");
        reserve(alice, 1);

        assertThatThrownBy(() -> reserve(scene.user("petra"), 1)).isInstanceOf(ConflictException.class)
                .hasMessageContaining("m2: The name exists.").hasMessageContaining("other machines are reserved")
                .hasMessageContaining("try again later");
    }

    @Test
    void aNameThatIsRefusedBesideAMachineThatFailsIsNotTheCallersFaultAlone() {
        scene.machines("m1", "m2");
        machines.addForeignAccount("m1", "alice");
        machines.fail("m2", Action.CREATE, Outcome.FAILED, "No space left.");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("Machines failed and no others are free. m1: The name exists. m2: No space left.");
        assertThat(scene.states()).containsExactly("m1 RELEASED", "m2 RELEASED");
    }

    @Test
    void aMachineOnWhichNoAccountIsOfUseIsReplacedAndStaysOutWhateverTimePasses() {
        scene.machines("m1", "m2");
        machines.fail("m1", Action.CREATE, Outcome.UNUSABLE, "Its SSH server lets no new user in.");

        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        scene.change("m1", machine -> {
            machine.clearFailures();
            machine.nextProbeAt = machine.createdAt.plus(Duration.ofDays(1));
        });
        assertThat(scene.states()).containsExactly("m1 RELEASING", "m2 ACTIVE");
        Scheduled.cleanUp(reservations, 10);
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
        assertThat(reason("m1")).isEqualTo("Its SSH server lets no new user in.");
    }

    @Test
    void whenNoMachineIsOfUseTheFailureNamesEachAndItsCause() {
        scene.machines("m1");
        machines.fail("m1", Action.CREATE, Outcome.UNUSABLE, "Its SSH server lets no new user in.");

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessageContaining("m1: Its SSH server lets no new user in.");
    }

    @Test
    void aMachineThatNeverAnsweredIsNotLentAndSaysSo() {
        scene.machines("m1");
        scene.change("m1", machine -> machine.lastSeenAt = null);

        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);

        assertThat(reason("m1")).isEqualTo("No log-in there has worked yet; it is lent once one has.");
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void aReservationOfAMachineThatWasNeverReachedEndsByItself() {
        heldButNeverReached("m1");

        Scheduled.cleanUp(reservations, 10);

        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(scene.history("m1")).endsWith("REMOVAL_FAILED connection refused", "NOTHING_MADE");
    }

    @Test
    void aMachineThatWasReachedOnceIsNeverTakenForUntouched() {
        heldButNeverReached("m1");
        scene.change("m1", machine -> machine.lastSeenAt = machine.createdAt);

        Scheduled.cleanUp(reservations, 10);

        assertThat(scene.states()).containsExactly("m1 RELEASING");
        assertThatThrownBy(() -> machineService.delete("m1", false)).isInstanceOf(ConflictException.class);
    }

    /** As an older release left it, which lent machines that had never answered. */
    private void heldButNeverReached(String name) {
        scene.machines(name);
        machines.fail(name, Outcome.UNREACHABLE, "connection refused");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(ProvisioningFailedException.class);
        Scheduled.cleanUp(reservations, 10);
        scene.endPauses();
        Scheduled.cleanUp(reservations, 10);
        scene.endPauses();
        scene.change(name, machine -> {
            machine.hostKeys = null;
            machine.lastSeenAt = null;
        });
        assertThat(scene.states()).containsExactly(name + " RELEASING");
    }

    @Test
    void aMachineThatWasNeverReachedMovesAndLeavesWhateverHoldsIt() {
        heldButNeverReached("m1");
        machineService.change("m1",
                new MachineChange("10.0.0.9", null, null, SshCredentials.password("x"), null, null, null));
        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(machineService.delete("m1", false)).isEmpty();

        scene.clear();
        alice = scene.user("alice");
        heldButNeverReached("m2");
        assertThat(machineService.delete("m2", false)).isEmpty();
        assertThat(scene.states()).containsExactly("m2 RELEASED");
    }

    @Test
    void aWorkerThatComesLateToAMachineThatWasDeletedByForceChangesNothingAndItsRequestHoldsNothing() {
        scene.machines("m1", "m2");
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
        assertThat(scene.history("m2")).containsExactly("ALLOCATED",
                "ABANDONED the account alice with its processes and its home may be left on 127.0.0.1 port 22.");
        assertThat(scene.states()).containsExactly("m1 RELEASED", "m2 RELEASED");
        assertThat(scene.latest("m2").releaseCause).isEqualTo(ReleaseCause.ABANDONED);
        assertThat(scene.audited(AuditAction.RESERVATION_ENDED)).anyMatch(line -> line.contains("ABANDONED"));
        assertThat(scene.audited(AuditAction.MACHINE_DELETED))
                .anyMatch(line -> line.startsWith("m2 DONE by force: the account alice"));
    }

    @Test
    void aReservationThatWasBeingRemovedIsAbandonedTooAndItsOtherMachinesGoOn() {
        scene.machines("m1", "m2");
        reserve(alice, 2);
        machines.fail("m1", Outcome.UNREACHABLE, "no answer");
        reservations.release(scene.latest("m1").id);

        machineService.delete("m1", true);

        assertThat(scene.latest("m1").releaseCause).isEqualTo(ReleaseCause.ABANDONED);
        assertThat(scene.latest("m1").passwordHash).isNull();
        assertThat(scene.states()).containsExactly("m1 RELEASED", "m2 ACTIVE");
        scene.endPauses();
        assertThat(Scheduled.cleanUp(reservations, 10)).isZero();
    }

    @Test
    void aHostThatIsRegisteredAgainAfterAForcedDeletionIsLentOnceItsStrayAccountIsGone() {
        scene.machines("m1");
        reserve(alice, 1);
        machineService.delete("m1", true);
        scene.machines("m1");
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        assertThat(machines.accountsOn("m1")).containsExactly("alice");

        await().untilAsserted(() -> {
            Scheduled.probe(probes, 10);
            assertThat(machines.accountsOn("m1")).isEmpty();
            assertThat(reason("m1")).isNull();
        });
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    /** Why the machine is not lent, as it shows to admins; null when it is. */
    private String reason(String machine) {
        var pooled = pool.only(machine);
        return pooled.rows().getFirst().reason(pooled.at()).orElse(null);
    }

    @Test
    void namesOfTheSystemAndImpossibleNumbersAreRefused() {
        scene.machines("m1");

        for (ReservationSpec spec : List.of(new ReservationSpec(alice, 1, 60, "root", null),
                new ReservationSpec(alice, 0, 60, "a", null), new ReservationSpec(alice, -1, 60, "a", null),
                new ReservationSpec(alice, 1, 0, "a", null), new ReservationSpec(alice, 1, 10_081, "a", null),
                new ReservationSpec(alice, 1, 60, "a b", null), new ReservationSpec(alice, 1, 60, "a", "x\ny"))) {
            assertThatThrownBy(() -> reservations.reserve(spec)).isInstanceOf(InvalidRequestException.class);
        }
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void anExpiredReservationIsCleanedAndFreesTheMachine() {
        scene.machines("m1");
        reserve(alice, 1);
        assertThat(Scheduled.cleanUp(reservations, 10)).isZero();
        scene.expireAll();

        assertThat(Scheduled.cleanUp(reservations, 10)).isEqualTo(1);

        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(scene.history("m1")).containsExactly("ALLOCATED", "ACCOUNT_MADE", "RELEASE_STARTED EXPIRED",
                "VERIFIED_GONE");
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    @Test
    void aRemovalThatFailsKeepsTheMachineHeldAndIsTriedAgain() {
        scene.machines("m1");
        reserve(alice, 1);
        scene.expireAll();
        machines.fail("m1", Outcome.FAILED, "userdel: alice is busy");

        Scheduled.cleanUp(reservations, 10);

        assertThat(scene.states()).containsExactly("m1 RELEASING");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
        assertThat(Scheduled.cleanUp(reservations, 10)).as("taken up again before its pause is over").isZero();

        machines.heal("m1");
        scene.endPauses();
        Scheduled.cleanUp(reservations, 10);
        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(scene.history("m1")).contains("REMOVAL_FAILED userdel: alice is busy");
    }

    @Test
    void whatACrashedWorkerHeldIsCleanedOnceItsClaimHasRunOut() throws Exception {
        scene.machines("m1");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> late = executor.submit(() -> reserve(alice, 1));
            await().until(() -> scene.states().equals(List.of("m1 PROVISIONING")));
            assertThat(Scheduled.cleanUp(reservations, 10)).as("taken from a worker that is alive").isZero();

            scene.endClaims();
            machines.heal("m1");
            Scheduled.cleanUp(reservations, 10);
            assertThat(scene.states()).containsExactly("m1 RELEASED");

            gate.complete(null);
            assertThatThrownBy(late::get).cause().isInstanceOf(ProvisioningFailedException.class);
        }
        assertThat(machines.allAccounts()).as("an account made by the late worker").isEmpty();
        assertThat(scene.states()).containsExactly("m1 RELEASED");
    }

    @Test
    void aMachineIsLentAgainAfterTheDatabasesClockWasSetBack() {
        scene.machines("m1");
        reserve(alice, 1);
        setClockBack(Duration.ofHours(1));
        reservations.release(scene.latest("m1").id);

        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m1");
        assertThat(machines.allAccounts()).containsExactly("m1/alice");
    }

    @Test
    void aClockThatWasSetBackProlongsNeitherClaimsNorReservations() throws Exception {
        scene.machines("m1");
        reserve(alice, 1);
        setClockBack(Duration.ofHours(24));
        reservations.release(scene.latest("m1").id);
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lease> lease = executor.submit(() -> reserve(alice, 1));
            await().until(() -> scene.states().contains("m1 PROVISIONING"));

            Reservation made = scene.latest("m1");
            gate.complete(null);
            Instant requested = made.requestedAt;
            assertThat(made.createdAt).as("the token").isAfter(requested.plus(Duration.ofHours(23)));
            assertThat(made.claimedUntil).isBetween(requested, requested.plus(Duration.ofMinutes(2)));
            assertThat(made.reservedUntil).isBetween(requested, requested.plus(Duration.ofMinutes(61)));
            assertThat(lease.get().machines()).hasSize(1);
        }
    }

    private void setClockBack(Duration by) {
        scene.putAllocationsAhead(by);
        machines.putTokensAhead(by);
    }

    @Test
    void aWorkerThatLostItsClaimMayNotWriteItsResult() throws Exception {
        scene.machines("m1");
        reserve(alice, 1);
        scene.expireAll();
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> slow = executor.submit(() -> Scheduled.cleanUp(reservations, 10));
            await().until(() -> scene.states().equals(List.of("m1 RELEASING")));
            scene.endClaims();
            machines.fail("m1", Outcome.UNREACHABLE, "gone");
            Scheduled.cleanUp(reservations, 10);

            gate.complete(null);
            slow.get();
        }
        assertThat(scene.history("m1")).as("tries, also that of whoever was not heard of again")
                .endsWith("RELEASE_STARTED EXPIRED", "REMOVAL_TAKEN_OVER", "REMOVAL_FAILED gone");
        assertThat(scene.states()).as("written by the worker that lost its claim").containsExactly("m1 RELEASING");
    }

    @Test
    void whoGivesBackAndIsOvertakenIsToldThatItIsGone() throws Exception {
        scene.machines("m1");
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
    void whoGivesBackWhatIsBeingRemovedIsToldThatItIsPending() throws Exception {
        scene.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ReleaseReport> first = executor.submit(() -> reservations.release(id));
            await().until(() -> scene.states().equals(List.of("m1 RELEASING")));

            assertThat(reservations.release(id)).isEqualTo(new ReleaseReport(0, List.of("m1")));

            gate.complete(null);
            assertThat(first.get()).isEqualTo(new ReleaseReport(1, List.of()));
        }
    }

    @Test
    void releaseAllTellsWhichMachinesAreNotCleanYet() {
        scene.machines("m1", "m2", "m3");
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
    void releaseAllDoesNotTellOfMachinesThatAreLentAnewMeanwhile() throws Exception {
        scene.machines("m1", "m2");
        reserve(alice, 2);
        Requester bob = scene.user("bob");
        CompletableFuture<Void> gate = machines.hold("m2");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ReleaseReport> released = executor.submit(reservations::releaseAll);
            await().until(() -> scene.states().contains("m1 RELEASED"));
            reserve(bob, 1);

            gate.complete(null);

            assertThat(released.get()).isEqualTo(new ReleaseReport(2, List.of()));
        }
        assertThat(scene.states()).containsExactly("m1 ACTIVE", "m1 RELEASED", "m2 RELEASED");
    }

    @Test
    void releaseAllWinsOverAReservationThatIsBeingMade() throws Exception {
        scene.machines("m1", "m2");
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
        assertThat(scene.states()).containsExactly("m1 RELEASED", "m2 RELEASED");
    }

    @Test
    void machinesThatAreDisabledOrSitOutAreNotLent() {
        scene.machines("m1", "m2", "m3");
        scene.change("m1", machine -> machine.enabled = false);
        scene.change("m2", machine -> machine.failed(UnavailableCause.UNREACHABLE, "no answer",
                machine.createdAt.plusSeconds(3600)));

        assertThat(reserve(alice, 1).machines()).extracting(Lease.LentMachine::name).containsExactly("m3");
        assertThatThrownBy(() -> reserve(alice, 1)).isInstanceOf(NotEnoughAvailableException.class);
    }

    @Test
    void anExtensionKeepsTheAccountPastItsFirstEnd() {
        scene.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();

        Reservation extended = reservations.extend(id, new NewEnd.After(120));

        assertThat(extended.reservedUntil).isEqualTo(extended.startedAt.plusSeconds(7200));
        assertThat(extended.durationMinutes).isEqualTo(120);
        assertThat(scene.history("m1")).last().asString().startsWith("EXTENDED to ");
        assertThat(reservations.extend(id, new NewEnd.At(extended.startedAt.plusSeconds(90))).durationMinutes)
                .isEqualTo(2);
    }

    @Test
    void anExtensionToThePastOrBeyondTheMaximumIsRefused() {
        scene.machines("m1");
        Lease lease = reserve(alice, 1);
        long id = lease.machines().getFirst().reservationId();

        for (NewEnd end : List.of(new NewEnd.After(0), new NewEnd.After(-5), new NewEnd.After(10_081),
                new NewEnd.At(lease.reservedUntil().minusSeconds(7200)), new NewEnd.At(Instant.MAX))) {
            assertThatThrownBy(() -> reservations.extend(id, end)).isInstanceOf(InvalidRequestException.class);
        }
        assertThat(reservations.details(id).reservation().reservedUntil).isEqualTo(lease.reservedUntil());
    }

    @Test
    void anExtensionThatComesAfterTheExpiryIsAConflict() {
        scene.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();
        scene.expireAll();

        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(60)))
                .as("the end has passed and nobody has noticed yet").isInstanceOf(ConflictException.class);
        Scheduled.cleanUp(reservations, 10);
        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(60))).isInstanceOf(ConflictException.class);
    }

    @Test
    void extensionsThatRaceTheExpiryWinWhollyOrNotAtAll() throws Exception {
        String[] names = IntStream.range(0, 20).mapToObj(i -> "m" + (10 + i)).toArray(String[]::new);
        scene.machines(names);
        List<Long> ids = reserve(alice, 20).machines().stream().map(Lease.LentMachine::reservationId).toList();
        scene.expireAllWithin(Duration.ofMillis(500));

        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            executor.submit(() -> {
                while (!over.get()) {
                    Scheduled.cleanUp(reservations, 5);
                }
            });
            try {
                ids.forEach(this::extendInTimeOrNotAtAll);
            } finally {
                over.set(true);
            }
        }
    }

    private void extendInTimeOrNotAtAll(long id) {
        boolean extended = extendedInTime(id);
        if (!extended) {
            await().until(() -> reservations.details(id).reservation().state == ReservationState.RELEASED);
        }
        Reservation after = reservations.details(id).reservation();
        assertThat(after.state == ReservationState.ACTIVE).isEqualTo(extended);
        assertThat(machines.accountsOn(after.machineName).contains("alice")).isEqualTo(extended);
    }

    private boolean extendedInTime(long id) {
        try {
            reservations.extend(id, new NewEnd.After(60));
            return true;
        } catch (ConflictException e) {
            return false;
        }
    }

    @Test
    void aUserThatWasDeletedMeanwhileCannotReserve() {
        scene.machines("m1");
        Requester gone = new Requester(alice.userId() + 1_000, "gone");

        assertThatThrownBy(() -> reserve(gone, 1)).isInstanceOf(ForbiddenException.class);
    }

    @Test
    void theSchemaItselfRefusesASecondLiveReservation() {
        scene.machines("m1");
        reserve(alice, 1);

        assertThatThrownBy(() -> QuarkusTransaction.requiringNew().run(() -> {
            Reservation second = new Reservation();
            second.requestId = "00000000-0000-0000-0000-000000000000";
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

    private static List<Object> allAtOnce(int times, Callable<String> call) throws Exception {
        List<Object> answers = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> futures = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                futures.add(executor.submit(call));
            }
            for (Future<String> future : futures) {
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
