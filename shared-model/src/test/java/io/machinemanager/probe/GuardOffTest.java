package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountEnd;
import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.reservation.NewEnd;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

/** With {@code GUARD=false} nothing of ours runs on a machine. */
@QuarkusTest
@TestProfile(GuardOffTest.Off.class)
@WithTestResource(MariaDbResource.class)
class GuardOffTest extends ProbeTestBase {

    public static class Off implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("GUARD", "false");
        }
    }

    @Test
    void accountsHaveNoEndOnTheirMachineAndExtensionsDoNotNeedIt() {
        long id = reserve(1).machines().getFirst().reservationId();
        Reservation lent = reservations.details(id).reservation();
        assertThat(machines.endOn(lent.machineName, "alice")).isNull();
        machines.fail(lent.machineName, Action.END, Outcome.FAILED, "no");

        Reservation extended = reservations.extend(id, new NewEnd.Later(30));

        assertThat(extended.reservedUntil).isEqualTo(lent.reservedUntil.plusSeconds(1800));
        assertThat(machines.asked(Action.END)).isEmpty();
        assertThat(fixture.requestOf(lent.machineName).claimedBy).isNull();
    }

    @Test
    void anEndFromTheTimeBeforeIsTakenFromTheMachine() {
        fixture.change("m2", machine -> machine.enabled = false);
        fixture.change("m3", machine -> machine.enabled = false);
        long id = reserve(1).machines().getFirst().reservationId();
        Reservation lent = reservations.details(id).reservation();
        AccountTask asked = machines.tasks(Action.CREATE).getFirst();
        machines.work(new AccountTask(asked.target(), Action.END, "alice", asked.token(),
                new AccountLogin("", null, false),
                Optional.of(new AccountEnd(lent.reservedUntil, 0, 1, Duration.ofMinutes(5),
                        List.of()))));
        assertThat(machines.endOn("m1", "alice")).isNotNull();

        probeM1();

        await().until(() -> machines.endOn("m1", "alice") == null);
    }
}
