package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.reservation.Lease;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(ProbeTestBase.WithSpares.class)
@WithTestResource(MariaDbResource.class)
class StrayAccountRemovalTest extends ProbeTestBase {

    @Test
    void aStrayAccountIsRemovedAndOtherAccountsAreNot() {
        reserve(1);
        machines.addStrayAccount("m1", "stray");
        machines.addStrayAccount("m2", "stray");
        machines.addForeignAccount("m2", "operator");

        probeDue();

        assertThat(machines.accountsOn("m1")).containsExactly("alice");
        assertThat(machines.accountsOn("m2")).containsExactly("operator");
        await().untilAsserted(() -> assertThat(fixture.audited(AuditAction.STRAY_ACCOUNT_REMOVED))
                .contains("m1 DONE stray: removed", "m2 DONE stray: removed"));
    }

    @Test
    void aMachineWithAStrayAccountIsNotLentUntilAProbeFindsNone() {
        machines.addStrayAccount("m1", "stray");
        machines.fail("m1", Action.REMOVE, Outcome.FAILED, "userdel: busy");
        probeDue();
        await().untilAsserted(() -> assertThat(reason("m1")).isEqualTo("The account stray is on it, which is ours"
                + " and which no reservation knows, and could not be removed: userdel: busy"));
        assertThat(fixture.audited(AuditAction.STRAY_ACCOUNT_REMOVED)).contains("m1 FAILED stray: userdel: busy");
        assertThat(fixture.machine("m1").failures).as("the account work itself is well").isZero();
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");

        machines.heal("m1");
        probeM1();

        await().until(() -> !fixture.machine("m1").nextProbeAt.isAfter(clock()));
        assertThat(machines.accountsOn("m1")).isEmpty();
        assertThat(reason("m1")).as("removed, but not probed again")
                .isEqualTo("The account stray was on it, which was ours and which no reservation knew.");

        probeM1();
        assertThat(reason("m1")).isNull();
    }

    @Test
    void aMachineIsNotLentWhenOneOfTwoStrayAccountsIsRemoved() {
        machines.addStrayAccount("m1", "one");
        machines.addStrayAccount("m1", "two");
        machines.delegate("m1", driver(task -> task.account().equals("two") && task.action() == Action.REMOVE
                ? new AccountResult(Outcome.FAILED, "userdel: busy")
                : machines.work(task)));
        probeDue();
        await().until(() -> audited("one").size() + audited("two").size() == 2);

        assertThat(reason("m1")).contains("no reservation knows");
        probeM1();
        await().untilAsserted(() -> assertThat(reason("m1")).contains("account two", "userdel: busy"));
    }

    @Test
    void anAccountThatCannotBeRemovedIsAuditedOnceForEachReason() {
        machines.addStrayAccount("m1", "stuck");
        for (String reason : List.of("userdel: busy", "userdel: no lock", "userdel: no lock")) {
            machines.fail("m1", Action.REMOVE, Outcome.FAILED, reason);
            probeM1();
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
        probeM1();
        await().until(() -> audited("left").size() + audited("right").size() == 2);
        assertThat(reason("m1")).contains("account left", "account right");
        probeM1();

        await().until(() -> machines.removals().size() == 4);
        await().during(Duration.ofMillis(500)).untilAsserted(() -> {
            assertThat(audited("left")).containsExactly("m1 FAILED left: userdel: busy.");
            assertThat(audited("right")).containsExactly("m1 FAILED right: userdel: busy.");
        });
    }

    private List<String> audited(String account) {
        return fixture.audited(AuditAction.STRAY_ACCOUNT_REMOVED).stream()
                .filter(line -> line.contains(" " + account + ": ")).toList();
    }

    @Test
    void anAccountThatIsMadeAgainAfterEachRemovalDoesNotCauseProbesWithoutAPause() {
        machines.delegate("m1", driver(task -> {
            machines.addStrayAccount("m1", "stray");
            machines.addStrayAccount("m1", "second");
            return machines.work(task);
        }));
        probeM1();
        await().until(() -> !fixture.machine("m1").nextProbeAt.isAfter(clock()));

        probeM1();

        await().until(() -> machines.removals().size() == 4);
        await().during(Duration.ofMillis(300)).until(() -> fixture.machine("m1").nextProbeAt.isAfter(clock()));
    }

    @Test
    void aMachineIsNotProbedWhileItsRemovalsHang() {
        CompletableFuture<AccountResult> hanging = new CompletableFuture<>();
        machines.addStrayAccount("m1", "stray");
        machines.delegate("m1", tasks -> tasks.stream().map(task -> task.action() == Action.REMOVE
                ? hanging
                : CompletableFuture.completedFuture(machines.work(task))).toList());
        probeM1();
        fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
        fixture.change("m2", machine -> machine.nextProbeAt = machine.createdAt);

        assertThat(probeDue()).as("m2 alone").isEqualTo(1);

        machines.heal("m1");
        hanging.complete(new AccountResult(Outcome.FAILED, "No answer within 60 s."));
        await().until(() -> {
            probeDue();
            return probesOfM1() == 2;
        });
    }

    @Test
    void ofManyStrayAccountsFiveAreRemovedAfterEachProbe() {
        for (int i = 0; i < 7; i++) {
            machines.addStrayAccount("m1", "stray" + i);
        }
        probeM1();
        await().until(() -> !fixture.machine("m1").nextProbeAt.isAfter(clock()));
        assertThat(machines.accountsOn("m1")).containsExactly("stray5", "stray6");
        assertThat(reason("m1")).contains("account stray4 was on it");

        probeM1();
        await().until(() -> machines.accountsOn("m1").isEmpty());
    }

    @Test
    void neitherASuccessfulReservationNorAnAdminUnblocksAMachineWithAStrayAccount() {
        reserve(1);
        machines.addStrayAccount("m1", "stray");
        machines.fail("m1", Action.REMOVE, Outcome.FAILED, "userdel: busy");
        probeDue();
        machines.heal("m1");
        reservations.releaseAll();
        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(reason("m1")).contains("account stray");
        assertThat(reserve(1).machines()).extracting(Lease.LentMachine::name).containsExactly("m2");
    }

    @Test
    void anAccountWhoseReservationEndsDuringTheProbeIsNotStray() {
        reserve(1);
        releaseAllDuringTheProbeOf("m1");

        probeDue();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(reason("m1")).isNull();
        assertThat(machines.removals()).containsExactly("m1");
    }

    @Test
    void anAccountWhoseReservationEndsDuringTheProbeOfADuplicateMachineIsNotStray() {
        reserve(1);
        machines.copyAccounts("m1", "m2");
        releaseAllDuringTheProbeOf("m2");

        probeDue();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(reason("m2")).isNull();
        assertThat(machines.removals()).containsExactly("m1");
    }

    private void releaseAllDuringTheProbeOf(String name) {
        machines.delegate(name, driver(task -> {
            AccountResult result = machines.work(task);
            if (task.action() == Action.PROBE) {
                reservations.releaseAll();
            }
            return result;
        }));
    }

    @Test
    void aLiveAccountIsNotStrayOnADuplicateMachine() {
        reserve(1);
        machines.copyAccounts("m1", "m2");

        probeDue();

        assertThat(machines.accountsOn("m2")).containsExactly("alice");
    }

    @Test
    void strayAccountsAreRemovedFromAnUnusableMachine() {
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
        probeM1();
        assertThat(reason("m1")).isEqualTo("The file /etc/nologin is there.");
    }
}
