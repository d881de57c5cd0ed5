package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.machine.HostKeyRecorder;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.MachineState;
import io.machinemanager.pool.PoolService;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.NewEnd;
import io.machinemanager.reservation.ReplacementStore;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.reservation.ReservationStore;
import io.machinemanager.reservation.WorkItem;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.LogLines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(ProbeServiceTest.WithSpares.class)
@WithTestResource(MariaDbResource.class)
class ProbeServiceTest {

    /** A third of the machines is kept back, and the first look that fails has a lent machine replaced. */
    public static class WithSpares implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("reservations.spare-pool-percent", "33", "reservations.replace-after-failures", "1",
                    "SSH_HEALTH_INTERVAL", "37s");
        }
    }

    @Inject
    ProbeService probes;

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture scene;

    @Inject
    ReservationStore store;

    @Inject
    DatabaseClock clock;

    @Inject
    PoolService pool;

    @Inject
    MachineService machineService;

    @Inject
    HostKeyRecorder hostKeys;

    @Inject
    ReplacementStore replacements;

    MariaDb database;

    private Requester alice;

    @BeforeEach
    void threeMachines() {
        scene.clear();
        machines.reset();
        alice = scene.user("alice");
        scene.machines("m1", "m2", "m3");
    }

    private Lease reserve(int count) {
        return reservations.reserve(new ReservationSpec(alice, count, 60, "alice", "secret word"));
    }

    private int probeDue() {
        return Scheduled.probe(probes, 4);
    }

    @Test
    void whileTheDatabaseIsAwayOneLineTellsItForAllProbes() {
        List<CompletableFuture<Void>> gates = List.of(machines.hold("m1"), machines.hold("m2"), machines.hold("m3"));
        Instant seenBefore = scene.machine("m1").lastSeenAt;
        try (LogLines lines = LogLines.of(ProbeService.class)) {
            List<CompletableFuture<Void>> probed = probes.probeDue(4);
            database.stop();
            try {
                gates.forEach(gate -> gate.complete(null));
                assertThat(CompletableFuture.allOf(probed.toArray(CompletableFuture[]::new)))
                        .succeedsWithin(Duration.ofMinutes(2));
            } finally {
                database.resume();
            }
            assertThat(lines.all()).singleElement().asString()
                    .startsWith("The database cannot be reached, so what probes find is not recorded: ");
        }
        await().ignoreExceptions().until(() -> Objects.equals(scene.machine("m1").lastSeenAt, seenBefore));
    }

    @Test
    void eachMachineIsLookedAtOnceAnInterval() {
        assertThat(probeDue()).isEqualTo(3);
        assertThat(probeDue()).isZero();

        assertThat(scene.machine("m1").lastSeenAt).isNotNull();
        assertThat(Duration.between(scene.machine("m1").lastSeenAt, scene.machine("m1").nextProbeAt))
                .as("SSH_HEALTH_INTERVAL").isBetween(Duration.ofSeconds(32), Duration.ofSeconds(37));

        scene.change("m2", machine -> machine.nextProbeAt = machine.createdAt);
        assertThat(probeDue()).isEqualTo(1);
    }

    @Test
    void onlySoManyAreLookedAtAtOnce() {
        scene.machines("m4", "m5", "m6");
        List<CompletableFuture<Void>> gates = Stream.of("m1", "m2", "m3", "m4", "m5", "m6").map(machines::hold)
                .toList();
        CompletableFuture<Integer> looks = CompletableFuture.supplyAsync(this::probeDue);
        await().until(() -> machines.waiting() == 4);
        await().during(Duration.ofMillis(300)).until(() -> machines.waiting() == 4);

        gates.forEach(gate -> gate.complete(null));

        assertThat(looks).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(4);
        assertThat(probeDue()).isEqualTo(2);
    }

    @Test
    void aMachineThatDoesNotAnswerLeavesThePoolAndComesBackByItself() {
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");
        probeDue();
        assertThat(scene.machine("m1").unavailableReason).isEqualTo("connection refused");
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        machines.heal("m1");
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();
        assertThat(scene.machine("m1").unavailableReason).isNull();
        assertThat(scene.machine("m1").failures).isZero();
    }

    @Test
    void anOwedRemovalIsDueOnceTheMachineAnswersAgain() {
        machines.fail("m1", Outcome.UNREACHABLE, "refused for a while");
        reserve(1);
        probeDue();
        QuarkusTransaction.requiringNew().run(() -> Reservation
                .update("nextAttemptAt = ?1 where state = RELEASING", clock.now().plus(Duration.ofHours(1))));

        machines.heal("m1");
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        QuarkusTransaction.requiringNew().run(() -> {
            assertThat(scene.latest("m1").state).isEqualTo(ReservationState.RELEASING);
            assertThat(scene.latest("m1").nextAttemptAt).isBeforeOrEqualTo(clock.now());
        });
    }

    @Test
    void aLogInDoesNotExcuseAccountWorkThatFails() {
        machines.fail("m1", Outcome.FAILED, "useradd: no space left");
        reserve(1);
        machines.heal("m1");

        probeDue();

        assertThat(reason("m1")).isEqualTo("useradd: no space left");
    }

    @Test
    void anAccountOfOursThatNoReservationKnowsIsRemovedAndOthersAreNot() {
        reserve(1);
        machines.addStrayAccount("m1", "stray");
        machines.addStrayAccount("m2", "stray");
        machines.addForeignAccount("m2", "operator");

        probeDue();

        assertThat(machines.accountsOn("m1")).containsExactly("alice");
        assertThat(machines.accountsOn("m2")).containsExactly("operator");
        await().untilAsserted(() -> assertThat(scene.audited(AuditAction.STRAY_ACCOUNT_REMOVED))
                .contains("m1 DONE stray: removed", "m2 DONE stray: removed"));
    }

    @Test
    void aMachineWithAStrayAccountIsNotLentUntilALookFindsNone() {
        machines.addStrayAccount("m1", "stray");
        machines.fail("m1", Action.REMOVE, Outcome.FAILED, "userdel: busy");
        probeDue();
        await().untilAsserted(() -> assertThat(reason("m1")).isEqualTo("The account stray is on it, which is ours"
                + " and which no reservation knows, and could not be removed: userdel: busy"));
        assertThat(scene.audited(AuditAction.STRAY_ACCOUNT_REMOVED)).contains("m1 FAILED stray: userdel: busy");
        assertThat(scene.machine("m1").failures).as("the account work itself is well").isZero();
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        machines.heal("m1");
        lookAtM1();

        await().until(() -> !scene.machine("m1").nextProbeAt.isAfter(clock()));
        assertThat(machines.accountsOn("m1")).isEmpty();
        assertThat(reason("m1")).as("removed, but not looked at again")
                .isEqualTo("The account stray was on it, which was ours and which no reservation knew.");

        lookAtM1();
        assertThat(reason("m1")).isNull();
    }

    @Test
    void theFirstOfTwoStraysThatGoesLetsNobodyIn() {
        machines.addStrayAccount("m1", "one");
        machines.addStrayAccount("m1", "two");
        machines.delegate("m1", driver(task -> task.account().equals("two") && task.action() == Action.REMOVE
                ? new AccountResult(Outcome.FAILED, "userdel: busy")
                : machines.work(task)));
        probeDue();
        await().until(() -> audited("one").size() + audited("two").size() == 2);

        assertThat(reason("m1")).contains("no reservation knows");
        lookAtM1();
        await().untilAsserted(() -> assertThat(reason("m1")).contains("account two", "userdel: busy"));
    }

    @Test
    void anAccountThatCannotBeRemovedIsAuditedOnceForEachReason() {
        machines.addStrayAccount("m1", "stuck");
        for (String reason : List.of("userdel: busy", "userdel: no lock", "userdel: no lock")) {
            machines.fail("m1", Action.REMOVE, Outcome.FAILED, reason);
            lookAtM1();
            await().until(() -> reason("m1").endsWith(reason));
        }

        await().until(() -> machines.removals().size() == 3);
        await().during(Duration.ofMillis(500)).untilAsserted(() -> assertThat(audited("stuck"))
                .containsExactly("m1 FAILED stuck: userdel: busy", "m1 FAILED stuck: userdel: no lock"));
    }

    @Test
    void twoAccountsThatCannotBeRemovedAreAuditedOnceEach() {
        machines.addStrayAccount("m1", "left");
        machines.addStrayAccount("m1", "right");
        machines.fail("m1", Action.REMOVE, Outcome.FAILED, "userdel: busy.");
        lookAtM1();
        await().until(() -> audited("left").size() + audited("right").size() == 2);
        assertThat(reason("m1")).contains("account left", "account right");
        lookAtM1();

        await().until(() -> machines.removals().size() == 4);
        await().during(Duration.ofMillis(500)).untilAsserted(() -> {
            assertThat(audited("left")).containsExactly("m1 FAILED left: userdel: busy.");
            assertThat(audited("right")).containsExactly("m1 FAILED right: userdel: busy.");
        });
    }

    private List<String> audited(String account) {
        return scene.audited(AuditAction.STRAY_ACCOUNT_REMOVED).stream()
                .filter(line -> line.contains(" " + account + ": ")).toList();
    }

    @Test
    void anAccountThatIsMadeAgainAfterEachRemovalDoesNotHaveUsLogInWithoutAPause() {
        machines.delegate("m1", driver(task -> {
            machines.addStrayAccount("m1", "stray");
            machines.addStrayAccount("m1", "second");
            return machines.work(task);
        }));
        lookAtM1();
        await().until(() -> !scene.machine("m1").nextProbeAt.isAfter(clock()));

        lookAtM1();

        await().until(() -> machines.removals().size() == 4);
        await().during(Duration.ofMillis(300)).until(() -> scene.machine("m1").nextProbeAt.isAfter(clock()));
    }

    /** Also when what came of the look before has not been written down to its end yet. */
    private void lookAtM1() {
        long before = looksAtM1();
        await().until(() -> {
            scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
            probeDue();
            return looksAtM1() > before;
        });
    }

    private long looksAtM1() {
        return machines.probes().stream().filter("m1"::equals).count();
    }

    @Test
    void aMachineWhoseRemovalsHangIsNotLookedAtAgainMeanwhile() {
        CompletableFuture<AccountResult> hanging = new CompletableFuture<>();
        machines.addStrayAccount("m1", "stray");
        machines.delegate("m1", tasks -> tasks.stream().map(task -> task.action() == Action.REMOVE
                ? hanging
                : CompletableFuture.completedFuture(machines.work(task))).toList());
        lookAtM1();
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        scene.change("m2", machine -> machine.nextProbeAt = machine.createdAt);

        assertThat(probeDue()).as("m2 alone").isEqualTo(1);

        machines.heal("m1");
        hanging.complete(new AccountResult(Outcome.FAILED, "No answer within 60 s."));
        await().until(() -> {
            probeDue();
            return looksAtM1() == 2;
        });
    }

    @Test
    void ofManyStraysAFewAreRemovedAfterEachLook() {
        for (int i = 0; i < 7; i++) {
            machines.addStrayAccount("m1", "stray" + i);
        }
        lookAtM1();
        await().until(() -> !scene.machine("m1").nextProbeAt.isAfter(clock()));
        assertThat(machines.accountsOn("m1")).containsExactly("stray5", "stray6");
        assertThat(reason("m1")).contains("account stray4 was on it");

        lookAtM1();
        await().until(() -> machines.accountsOn("m1").isEmpty());
    }

    @Test
    void neitherAReservationThatGoesWellNorAnAdminLetsAMachineWithAStrayAccountIn() {
        reserve(1);
        machines.addStrayAccount("m1", "stray");
        machines.fail("m1", Action.REMOVE, Outcome.FAILED, "userdel: busy");
        probeDue();
        machines.heal("m1");
        reservations.releaseAll();
        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));

        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(reason("m1")).contains("account stray");
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
    }

    @Test
    void anAccountWhoseReservationEndsDuringTheLookIsNoStray() {
        reserve(1);
        releaseAllDuringTheLookAt("m1");

        probeDue();

        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(reason("m1")).isNull();
        assertThat(machines.removals()).containsExactly("m1");
    }

    @Test
    void anAccountWhoseReservationEndsDuringTheLookUnderAnotherNameOfItsHostIsNoStray() {
        reserve(1);
        machines.copyAccounts("m1", "m2");
        releaseAllDuringTheLookAt("m2");

        probeDue();

        assertThat(scene.states()).containsExactly("m1 RELEASED");
        assertThat(reason("m2")).isNull();
        assertThat(machines.removals()).containsExactly("m1");
    }

    private void releaseAllDuringTheLookAt(String name) {
        machines.delegate(name, driver(task -> {
            AccountResult result = machines.work(task);
            if (task.action() == Action.PROBE) {
                reservations.releaseAll();
            }
            return result;
        }));
    }

    private static AccountDriver driver(Function<AccountTask, AccountResult> work) {
        return tasks -> tasks.stream().map(work).map(CompletableFuture::completedFuture).toList();
    }

    /** Why the machine is not lent, as it shows to admins; null when it is. */
    private String reason(String machine) {
        return pool.only(machine).rows().getFirst().blocks().reason(clock()).orElse(null);
    }

    private Instant clock() {
        return QuarkusTransaction.requiringNew().call(clock::now);
    }

    @Test
    void whatALookFoundOutAboutAnAddressIsNotSaidOfTheNextOne() {
        machines.delegate("m1", driver(task -> {
            move("m1", machine -> {
            });
            return new AccountResult(Outcome.UNREACHABLE, "Connection timed out.");
        }));
        machines.delegate("m2", driver(task -> {
            move("m2", machine -> machine.failed(UnavailableCause.HOST_KEY, "Another key.", clock.now()));
            return machines.work(task);
        }));
        machines.addStrayAccount("m3", "stray");
        machines.delegate("m3", driver(task -> {
            move("m3", machine -> {
            });
            return machines.work(task);
        }));

        probeDue();

        assertThat(reason("m1")).isNull();
        assertThat(reason("m2")).isEqualTo("Another key.");
        assertThat(reason("m3")).isNull();
        assertThat(machines.removals()).isEmpty();
    }

    private void move(String name, Consumer<Machine> andMore) {
        scene.change(name, machine -> {
            machine.host = "192.0.2.9";
            andMore.accept(machine);
        });
    }

    @Test
    void aRunThatBrokeOffOnOurSideIsNoMachinesFault() {
        machines.fail("m1", Outcome.RUN_LOST, "Ansible was killed.");
        machines.fail("m2", Action.CREATE, Outcome.RUN_LOST, "Ansible was killed.");
        probeDue();
        assertThatThrownBy(() -> reserve(2));

        assertThat(reason("m1")).isNull();
        assertThat(reason("m2")).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 3600 })
    void beingAwayForAMomentEndsNoPauseAfterWorkThatFailed(int seconds) {
        Instant end = clock().plusSeconds(seconds);
        scene.change("m1", machine -> machine.failed(UnavailableCause.ACCOUNT_WORK, "No space left.", end));
        machines.fail("m1", Outcome.UNREACHABLE, "Connection refused.");
        probeDue();
        assertThat(reason("m1")).isEqualTo("Connection refused. No space left.");
        machines.heal("m1");
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        assertThat(reason("m1")).isEqualTo("No space left.");
        assertThat(scene.machine("m1").pausedUntil).isEqualTo(end);
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
    }

    @Test
    void anAdminEndsAPauseAlsoWhereAnotherHostKeyKeepsTheMachineOut() {
        scene.change("m1", machine -> {
            machine.failed(UnavailableCause.ACCOUNT_WORK, "No space left.", clock.now().plusSeconds(3600));
            machine.failed(UnavailableCause.HOST_KEY, "Another key.", clock.now());
        });

        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));

        assertThat(reason("m1")).isEqualTo("Another key.");
        assertThat(scene.machine("m1").pausedUntil).isNull();
    }

    @Test
    void aLiveAccountStaysAlsoWhenItsHostIsRegisteredUnderAnotherNameToo() {
        reserve(1);
        machines.copyAccounts("m1", "m2");

        probeDue();

        assertThat(machines.accountsOn("m2")).containsExactly("alice");
    }

    @Test
    void sparesAreNotLent() {
        assertThat(reserve(2).machines()).hasSize(2);
        assertThatThrownBy(() -> reserve(1)).isInstanceOfSatisfying(NotEnoughAvailableException.class,
                e -> assertThat(e.details()).containsEntry("available", 0L));
    }

    @Test
    void aLentMachineThatDiesIsReplacedUntilTheSameEndAndCleanedWhenItReturns() {
        Lease lease = reserve(2);
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();

        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 ACTIVE");
        assertThat(machines.accountsOn("m3")).containsExactly("alice");
        assertThat(scene.history("m1")).anySatisfy(event -> assertThat(event).startsWith("REPLACED ").contains("m3"));
        assertThat(scene.history("m3")).anySatisfy(event -> assertThat(event).startsWith("REPLACES ").contains("m1"));
        assertThat(scene.history("m3")).contains("ACCOUNT_MADE");
        assertThat(scene.machine("m3").lastSeenAt).as("the account work was seen to work").isNotNull();
        assertThat(scene.latest("m3").reservedUntil).isEqualTo(lease.reservedUntil());
        assertThat(scene.latest("m3").passwordHash).isEqualTo(scene.latest("m2").passwordHash);

        machines.heal("m1");
        Scheduled.cleanUp(reservations, 10);
        assertThat(scene.states()).contains("m1 RELEASED");
        assertThat(machines.accountsOn("m1")).isEmpty();
    }

    @Test
    void whatTakesOverFromAReservationThatWasExtendedMeanwhileLastsAsLong() {
        Lease lease = reserve(2);
        long dying = scene.latest("m1").id;
        UUID claim = UUID.randomUUID();
        WorkItem spare = replacements.claimReplacement(dying, claim).orElseThrow();
        reservations.extend(dying, new NewEnd.After(90));

        assertThat(replacements.activateReplacement(claim, spare, dying)).isTrue();

        assertThat(scene.latest("m3").durationMinutes).isEqualTo(90);
        assertThat(scene.latest("m3").reservedUntil).isEqualTo(lease.reservedUntil().plus(Duration.ofMinutes(30)));
    }

    @Test
    void noMachineIsHeldForAReservationThatEndsWhileItsRowIsWaitedFor() throws Exception {
        reserve(2);
        long dying = scene.latest("m1").id;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Optional<WorkItem>> held = QuarkusTransaction.requiringNew().call(() -> {
                Reservation row = Reservation.lockById(dying).orElseThrow();
                Future<Optional<WorkItem>> waiting = executor
                        .submit(() -> replacements.claimReplacement(dying, UUID.randomUUID()));
                await().until(database::hasALockWaitedFor);
                row.reservedUntil = clock.now();
                return waiting;
            });

            assertThat(held.get()).isEmpty();
        }
    }

    @Test
    void aFailureIsCountedAlsoWhenALookCountsOneAtTheSameTime() throws Exception {
        reserve(2);
        UUID claim = UUID.randomUUID();
        WorkItem spare = replacements.claimReplacement(scene.latest("m1").id, claim).orElseThrow();
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
        assertThat(scene.machine("m3").failures).isEqualTo(2);
    }

    @Test
    void withoutASpareTheReservationStaysWithItsMachine() {
        reserve(2);
        scene.change("m3", machine -> machine.enabled = false);
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();

        assertThat(scene.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
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
    void aSpareOnWhichTheNameIsTakenKeepsTheOthersFromNothing() {
        scene.machines("m4");
        reserve(2);
        machines.addForeignAccount("m3", "alice");
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();
        awaitStates("m1 ACTIVE", "m2 ACTIVE", "m3 RELEASED");
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 RELEASED", "m4 ACTIVE");
    }

    @Test
    void aRefusingMachineThatWasDeletedKeepsTheOthersFromNothing() {
        scene.machines("m4");
        reserve(2);
        machines.addForeignAccount("m3", "alice");
        machines.fail("m1", Outcome.UNREACHABLE, "connection timed out");

        probeDue();
        awaitStates("m1 ACTIVE", "m2 ACTIVE", "m3 RELEASED");
        machineService.delete("m3", false);
        scene.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        awaitStates("m1 RELEASING", "m2 ACTIVE", "m3 RELEASED", "m4 ACTIVE");
    }

    @Test
    void noLookWaitsForTheAccountThatIsMadeInPlaceOfALostOne() {
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
        await().untilAsserted(() -> assertThat(scene.states()).containsExactly(states));
    }

    private void probeAgain(String name) {
        scene.change(name, machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();
    }

    @Test
    void aMachineOnWhichNoAccountIsOfUseStaysOutUntilALookFindsThatOneIs() {
        machines.delegate("m1", driver(task -> AccountResult.unusable("The file /etc/nologin is there.", Map.of())));
        probeDue();

        assertThat(reason("m1")).isEqualTo("The file /etc/nologin is there.");
        assertThat(scene.machine("m1").lastSeenAt).isAfter(scene.machine("m1").createdAt);
        assertThat(scene.machine("m1").unavailableReason).isNull();
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        machines.fail("m1", Outcome.UNREACHABLE, "no answer");
        probeAgain("m1");
        assertThat(reason("m1")).isEqualTo("no answer The file /etc/nologin is there.");

        machines.heal("m1");
        probeAgain("m1");
        assertThat(reason("m1")).isNull();
    }

    @Test
    void strayAccountsAreRemovedFromAMachineOnWhichNoneIsOfUse() {
        Map<String, Long> found = new ConcurrentHashMap<>(Map.of("ghost", 1L));
        machines.delegate("m1", driver(task -> {
            if (task.action() == Action.PROBE) {
                return AccountResult.unusable("The file /etc/nologin is there.", Map.copyOf(found));
            }
            found.remove(task.account());
            return AccountResult.done();
        }));
        probeAgain("m1");

        assertThat(found).isEmpty();
        assertThat(reason("m1")).contains("ghost").contains("/etc/nologin");
        probeAgain("m1");
        assertThat(reason("m1")).isEqualTo("The file /etc/nologin is there.");
    }

    @Test
    void anAdminsChangeLetsNoMachineInOnWhichNoAccountIsOfUse() {
        machines.delegate("m1", driver(task -> AccountResult.unusable("The file /etc/nologin is there.", Map.of())));
        probeAgain("m1");

        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));

        assertThat(reason("m1")).isEqualTo("The file /etc/nologin is there.");
        machines.heal("m1");
        probeDue();
        assertThat(reason("m1")).isNull();
    }

    @Test
    void aLentMachineThatIsOutOfOrderShowsWhy() {
        reserve(1);
        reserve(1);
        scene.change("m3", machine -> machine.enabled = false);
        machines.fail("m1", Outcome.HOST_KEY_CHANGED, "The machine's SSH host key has changed.");
        probeAgain("m1");

        var lent = pool.only("m1");
        assertThat(lent.rows().getFirst().state(lent.at())).isEqualTo(MachineState.RESERVED);
        assertThat(lent.rows().getFirst().reason(lent.at())).contains("The machine's SSH host key has changed.");
        assertThat(pool.list(0, 10).rows().getFirst().reason(lent.at()))
                .contains("The machine's SSH host key has changed.");
    }

    @Test
    void aReplacementIsNotMadeOnAMachineThatHasRefusedTheName() {
        machines.addForeignAccount("m2", "alice");
        machines.addForeignAccount("m3", "alice");
        reserve(1);
        machines.fail("m1", Outcome.UNREACHABLE, "no answer");

        for (int looks = 0; looks < 2; looks++) {
            probeAgain("m1");
            int rows = looks + 2;
            await().until(() -> scene.states().size() == rows && scene.states().stream()
                    .noneMatch(state -> state.endsWith("PROVISIONING")));
        }
        assertThat(scene.states()).containsExactly("m1 ACTIVE", "m2 RELEASED", "m3 RELEASED");
        assertThat(replacements.claimReplacement(scene.latest("m1").id, UUID.randomUUID())).isEmpty();
        assertThat(machines.removals()).isEmpty();
    }

    @Test
    void hostKeysThatAnotherMachineHasKeepTheNewerOneOutUntilItIsAllowedOrTheOlderOneIsGone() {
        scene.change("m1", machine -> machine.hostKeys = "ssh-ed25519 BBBB");
        register("m4", "10.0.0.4");
        long newer = scene.machine("m4").id;
        probeAgain("m4");
        assertThat(hostKeys.record(newer, "10.0.0.4", 22, "ssh-ed25519 BBBB\nssh-rsa CCCC")).isPresent();
        scene.change("m4", machine -> machine.lastSeenAt = machine.createdAt);
        assertThat(reason("m4")).contains("m1").contains("same SSH host key");
        probeAgain("m4");
        assertThat(reason("m4")).contains("m1");

        machineService.change("m4", new MachineChange(null, null, null, null, null, true, null));
        assertThat(reason("m4")).isNull();
        assertThatThrownBy(
                () -> machineService.change("m4", new MachineChange(null, null, null, null, null, false, null)))
                .isInstanceOf(ConflictException.class).hasMessageContaining("m1").hasMessageContaining("ssh-keygen -A");
        scene.change("m4", machine -> {
            machine.sharedHost = false;
            machine.duplicateReason = "The machine m1 has the same SSH host key.";
        });
        machineService.delete("m1", false);
        probeDue();
        assertThat(reason("m4")).isNull();
    }

    @Test
    void hostKeysOfAnOlderMachineThatBecomeKnownLaterKeepTheNewerOneOut() {
        register("m4", "10.0.0.4");
        register("m5", "10.0.0.5");
        scene.change("m5", machine -> {
            machine.hostKeys = "ssh-ed25519 BBBB";
            machine.lastSeenAt = machine.createdAt;
        });
        assertThat(reason("m5")).isNull();

        hostKeys.record(scene.machine("m4").id, "10.0.0.4", 22, "ssh-ed25519 BBBB");

        assertThat(reason("m5")).contains("m4");
        assertThat(scene.machine("m4").duplicateReason).isNull();
    }

    private void register(String name, String host) {
        machineService.register(new NewMachine(name, host, 22, "root", SshCredentials.password("secret"), false), null);
    }
}
