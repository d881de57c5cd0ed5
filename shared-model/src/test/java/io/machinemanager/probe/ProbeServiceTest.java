package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.MachineState;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.testing.LogLines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(ProbeTestBase.WithSpares.class)
@WithTestResource(MariaDbResource.class)
class ProbeServiceTest extends ProbeTestBase {

    MariaDb database;

    @Test
    void whileTheDatabaseIsAwayOneLineTellsItForAllProbes() {
        List<CompletableFuture<Void>> gates = List.of(machines.hold("m1"), machines.hold("m2"), machines.hold("m3"));
        Instant seenBefore = fixture.machine("m1").lastSeenAt;
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
        await().ignoreExceptions().until(() -> Objects.equals(fixture.machine("m1").lastSeenAt, seenBefore));
    }

    @Test
    void eachMachineIsProbedOnceAnInterval() {
        assertThat(probeDue()).isEqualTo(3);
        assertThat(probeDue()).isZero();

        assertThat(fixture.machine("m1").lastSeenAt).isNotNull();
        assertThat(Duration.between(fixture.machine("m1").lastSeenAt, fixture.machine("m1").nextProbeAt))
                .as("SSH_HEALTH_INTERVAL").isBetween(Duration.ofSeconds(32), Duration.ofSeconds(37));

        fixture.change("m2", machine -> machine.nextProbeAt = machine.createdAt);
        assertThat(probeDue()).isEqualTo(1);
    }

    @Test
    void noMoreMachinesThanTheLimitAreProbedAtOnce() {
        fixture.machines("m4", "m5", "m6");
        List<CompletableFuture<Void>> gates = Stream.of("m1", "m2", "m3", "m4", "m5", "m6").map(machines::hold)
                .toList();
        CompletableFuture<Integer> probed = CompletableFuture.supplyAsync(this::probeDue);
        await().until(() -> machines.waiting() == 4);
        await().during(Duration.ofMillis(300)).until(() -> machines.waiting() == 4);

        gates.forEach(gate -> gate.complete(null));

        assertThat(probed).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(4);
        assertThat(probeDue()).isEqualTo(2);
    }

    @Test
    void aMachineThatDoesNotAnswerLeavesThePoolAndComesBackByItself() {
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");
        probeDue();
        assertThat(fixture.machine("m1").unavailableReason).isEqualTo("connection refused");
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        machines.heal("m1");
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();
        assertThat(fixture.machine("m1").unavailableReason).isNull();
        assertThat(fixture.machine("m1").failures).isZero();
    }

    @Test
    void aPendingRemovalIsDueOnceTheMachineAnswersAgain() {
        machines.fail("m1", Outcome.UNREACHABLE, "refused for a while");
        reserve(1);
        probeDue();
        QuarkusTransaction.requiringNew().run(() -> Reservation
                .update("nextAttemptAt = ?1 where state = RELEASING", clock.now().plus(Duration.ofHours(1))));

        machines.heal("m1");
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        QuarkusTransaction.requiringNew().run(() -> {
            assertThat(fixture.latest("m1").state).isEqualTo(ReservationState.RELEASING);
            assertThat(fixture.latest("m1").nextAttemptAt).isBeforeOrEqualTo(clock.now());
        });
    }

    @Test
    void aLogInDoesNotEndThePauseAfterFailedAccountWork() {
        machines.fail("m1", Outcome.FAILED, "useradd: no space left");
        reserve(1);
        machines.heal("m1");

        probeDue();

        assertThat(reason("m1")).isEqualTo("useradd: no space left");
    }

    @Test
    void theResultOfAProbeIsDroppedWhenTheAddressHasChanged() {
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
        fixture.change(name, machine -> {
            machine.host = "192.0.2.9";
            andMore.accept(machine);
        });
    }

    @Test
    void aLostRunIsNotTheFaultOfTheMachine() {
        machines.fail("m1", Outcome.RUN_LOST, "Ansible was killed.");
        machines.fail("m2", Action.CREATE, Outcome.RUN_LOST, "Ansible was killed.");
        probeDue();
        assertThatThrownBy(() -> reserve(2));

        assertThat(reason("m1")).isNull();
        assertThat(reason("m2")).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 3600 })
    void anUnreachableMomentDoesNotEndThePauseAfterFailedAccountWork(int seconds) {
        Instant end = clock().plusSeconds(seconds);
        fixture.change("m1", machine -> machine.failed(UnavailableCause.ACCOUNT_WORK, "No space left.", end));
        machines.fail("m1", Outcome.UNREACHABLE, "Connection refused.");
        probeDue();
        assertThat(reason("m1")).isEqualTo("Connection refused. No space left.");
        machines.heal("m1");
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();

        assertThat(reason("m1")).isEqualTo("No space left.");
        assertThat(fixture.machine("m1").pausedUntil).isEqualTo(end);
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
    }

    @Test
    void anAdminEndsAPauseAlsoOfAMachineWithAChangedHostKey() {
        fixture.change("m1", machine -> {
            machine.failed(UnavailableCause.ACCOUNT_WORK, "No space left.", clock.now().plusSeconds(3600));
            machine.failed(UnavailableCause.HOST_KEY, "Another key.", clock.now());
        });

        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));

        assertThat(reason("m1")).isEqualTo("Another key.");
        assertThat(fixture.machine("m1").pausedUntil).isNull();
    }

    @Test
    void anUnusableMachineIsNotLentUntilAProbeFindsItUsable() {
        machines.delegate("m1", driver(task -> AccountResult.unusable("The file /etc/nologin is there.", Map.of())));
        probeDue();

        assertThat(reason("m1")).isEqualTo("The file /etc/nologin is there.");
        assertThat(fixture.machine("m1").lastSeenAt).isAfter(fixture.machine("m1").createdAt);
        assertThat(fixture.machine("m1").unavailableReason).isNull();
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        machines.fail("m1", Outcome.UNREACHABLE, "no answer");
        probeAgain("m1");
        assertThat(reason("m1")).isEqualTo("no answer The file /etc/nologin is there.");

        machines.heal("m1");
        probeAgain("m1");
        assertThat(reason("m1")).isNull();
    }

    @Test
    void aChangeByAnAdminDoesNotUnblockAnUnusableMachine() {
        machines.delegate("m1", driver(task -> AccountResult.unusable("The file /etc/nologin is there.", Map.of())));
        probeAgain("m1");

        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));

        assertThat(reason("m1")).isEqualTo("The file /etc/nologin is there.");
        machines.heal("m1");
        probeDue();
        assertThat(reason("m1")).isNull();
    }

    @Test
    void aLentMachineThatIsUnavailableShowsWhy() {
        reserve(1);
        reserve(1);
        fixture.change("m3", machine -> machine.enabled = false);
        machines.fail("m1", Outcome.HOST_KEY_CHANGED, "The machine's SSH host key has changed.");
        probeAgain("m1");

        var lent = pool.only("m1");
        assertThat(lent.rows().getFirst().state(lent.at())).isEqualTo(MachineState.RESERVED);
        assertThat(lent.rows().getFirst().reason(lent.at())).contains("The machine's SSH host key has changed.");
        assertThat(pool.list(MachineQuery.ALL, 0, 10).rows().getFirst().reason(lent.at()))
                .contains("The machine's SSH host key has changed.");
    }
}
