package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.pool.MachineService;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Requests that wait while machines are out of order, come back, or are replaced. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class QueueAndPoolTest extends QueueTestBase {

    @Inject
    ReplacementStore replacements;

    @Inject
    MachineService machineService;

    @Inject
    ProbeService probes;

    @Inject
    DatabaseClock clock;

    private long queue(int count, String... names) {
        return queue(bob, count, waiting(120, names));
    }

    private Instant now() {
        return QuarkusTransaction.requiringNew().call(clock::now);
    }

    /** As after so many failures of account work in a row, although probes find the machine. */
    private void pauseM1(Instant until, int failures) {
        fixture.change("m1", machine -> {
            machine.lastSeenAt = now();
            machine.pausedUntil = until;
            machine.failures = failures;
        });
    }

    @Test
    void aMachineThatIsOutOfOrderForAKnownTimeIsWaitedFor() {
        fixture.machines("m1", "m2");
        Instant pausedUntil = now().plusSeconds(600);
        pauseM1(pausedUntil, 3);

        long both = queue(2);

        assertThat(outlook(both).expectedAt()).isEqualTo(pausedUntil);
        assertThatThrownBy(() -> reserve(alice, 1)).as("m2 is kept until m1 works again")
                .isInstanceOf(NotEnoughAvailableException.class);
    }

    @Test
    void nobodyWaitsForAMachineThatFailedOftenOrIsSilentOrHasAnotherHostKey() {
        fixture.machines("m1", "m2");
        Instant pausedUntil = now().plusSeconds(600);
        pauseM1(pausedUntil, 4);
        long both = queue(2);
        assertThat(outlook(both).expectedAt()).isNull();

        fixture.change("m1", machine -> {
            machine.lastSeenAt = now().minusSeconds(601);
            machine.failures = 1;
        });
        long next = queue(2);
        assertThat(outlook(next).expectedAt()).isNull();

        fixture.change("m1", machine -> {
            machine.lastSeenAt = now();
            machine.failed(UnavailableCause.HOST_KEY, "another key", pausedUntil);
        });
        assertThat(outlook(queue(2)).expectedAt()).isNull();
        assertThat(reserve(alice, 1).machines()).hasSize(1);
    }

    @Test
    void aReplacementIsAMachineThatNoRequestWaitsForIfThereIsOne() {
        lendToAlice("m1", "m2");
        fixture.machines("m3", "m4");
        queue(2, "m1", "m3");
        long lost = fixture.latest("m2").id;

        UUID claim = UUID.randomUUID();
        assertThat(replacements.claimReplacement(lost, claim)).hasValueSatisfying(
                item -> assertThat(item.target().machine()).isEqualTo("m4"));

        fixture.endClaims();
        Scheduled.cleanUp(reservations, 10);
        fixture.change("m4", machine -> machine.enabled = false);
        assertThat(replacements.claimReplacement(lost, UUID.randomUUID())).hasValueSatisfying(
                item -> assertThat(item.target().machine()).isEqualTo("m3"));
    }

    @Test
    void aCallThatFindsTooFewMachinesDoesNotWaitForThoseWhoPlan() {
        lendToAlice("m1", "m2");
        queue(1);

        QuarkusTransaction.requiringNew().run(() -> {
            QueueState.lockPlanning();
            CompletableFuture<Long> waiting = CompletableFuture.supplyAsync(() -> queue(1),
                    task -> Thread.ofVirtual().start(task));
            CompletableFuture<Throwable> refused = CompletableFuture.supplyAsync(() -> reserve(alice, 1),
                    task -> Thread.ofVirtual().start(task)).handle((lease, failure) -> failure);
            assertThat(waiting.orTimeout(20, TimeUnit.SECONDS).join()).isPositive();
            assertThat(refused.orTimeout(20, TimeUnit.SECONDS).join())
                    .hasRootCauseInstanceOf(NotEnoughAvailableException.class);
        });
    }

    @Test
    void allRequestsWhoseMachinesAreGoneEndHoweverManyTheyAre() {
        lendToAlice("m1");
        long first = queue(1, "m1");
        QuarkusTransaction.requiringNew().run(() -> Request.getEntityManager().createNativeQuery(
                "insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, machine_names, state,"
                        + " created_at, waits_until) select owner_id, owner_name, account, 1, 60, 'm1', 'QUEUED', created_at,"
                        + " waits_until from requests, seq_1_to_400 where id = " + first)
                .executeUpdate());
        fixture.change("m1", machine -> machine.enabled = false);

        queue.endUnmatched();

        assertThat(queue.state().isAnyWaiting()).isFalse();
        assertThat(requests.count(new RequestService.Filter(RequestState.LAPSED, null, null))).isEqualTo(401);
    }

    @Test
    void whoMakesAMachineFreeTellsTheSchedulers() {
        lendToAlice("m1", "m2");
        queue(1);
        long before = queue.state().signals();

        reservations.release(fixture.latest("m1").id);
        long afterRelease = awaitSignalAfter(before);

        machineService.change("m1", new MachineChange(null, null, null, null, true, null, null));
        long afterChange = awaitSignalAfter(afterRelease);

        fixture.change("m1", machine -> {
            machine.unusableReason = "Its disk was full.";
            machine.nextProbeAt = machine.createdAt;
        });
        Scheduled.probe(probes, 4);
        awaitSignalAfter(afterChange);
    }

    private long awaitSignalAfter(long signals) {
        await().atMost(Duration.ofSeconds(10)).until(() -> queue.state().signals() > signals);
        return queue.state().signals();
    }
}
