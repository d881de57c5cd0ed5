package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.reservation.NewEnd;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** A probe gives a machine the end of its account again. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class GuardRepairTest extends ProbeTestBase {

    private Reservation lent() {
        return fixture.latest("m1");
    }

    private void reserveM1() {
        fixture.change("m2", machine -> machine.enabled = false);
        fixture.change("m3", machine -> machine.enabled = false);
        reserve(1);
    }

    private long ends() {
        return machines.asked(Action.END).size();
    }

    @Test
    void aGuardThatIsGoneIsStartedAgain() {
        reserveM1();
        machines.loseEnds("m1");

        probeM1();

        await().until(() -> lent().reservedUntil.equals(machines.endOn("m1", "alice")));
        await().until(() -> fixture.requestOf("m1").claimedBy == null);
        assertThat(reason("m1")).isNull();
        probeM1();
        assertThat(ends()).as("the second probe finds nothing to do").isEqualTo(1);
    }

    @Test
    void aGuardOfAnOlderVersionIsReplaced() {
        reserveM1();
        machines.setFacts("m1", Map.of("guard", "0"));

        probeM1();

        await().until(() -> ends() > 0);
    }

    /** As after a backup of the database was restored: the database counts. */
    @Test
    void theEndOfTheDatabaseCounts() {
        reserveM1();
        reservations.extend(lent().id, new NewEnd.Later(120));
        Instant restored = lent().reservedUntil.minusSeconds(7200);
        QuarkusTransaction.requiringNew().run(() -> Reservation.lockById(lent().id).orElseThrow().moveEnd(restored));

        probeM1();

        await().until(() -> restored.equals(machines.endOn("m1", "alice")));
    }

    @Test
    void anAccountThatIsWorkedOnIsLeftToThatWorker() {
        reserveM1();
        machines.loseEnds("m1");
        QuarkusTransaction.requiringNew().run(() -> Reservation.getEntityManager()
                .createQuery("update Request set claimedBy = :claim, claimedUntil = :until")
                .setParameter("claim", UUID.randomUUID().toString()).setParameter("until", clock().plusSeconds(60))
                .executeUpdate());

        probeM1();
        probeM1();

        assertThat(ends()).isZero();
        assertThat(lent().state).isEqualTo(ReservationState.ACTIVE);
    }

    @Test
    void whatAProbeFindsIsShownWithItsTime() {
        machines.setFacts("m1", Map.of("kernel", "6.1", "os", "debian", "os_version", "13", "cores", "4", "memory",
                "262144", "disk", "1000", "disk_free", "$(reboot)", "load", "0.25"));
        Instant before = clock();

        probeAgain("m1");

        var shown = pool.only("m1").rows().getFirst();
        assertThat(shown.factsAt()).isBetween(before, clock());
        assertThat(shown.facts().kernel()).isEqualTo("6.1");
        assertThat(shown.facts().osVersion()).isEqualTo("13");
        assertThat(shown.facts().memoryKib()).isEqualTo(262_144);
        assertThat(shown.facts().load()).isEqualTo(0.25);
        assertThat(shown.facts().diskFreeKib()).isNull();
        assertThat(shown.facts().guard()).isNull();
    }
}
