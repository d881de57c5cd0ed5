package io.machinemanager.scheduler.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.reservation.QueueService;
import io.machinemanager.reservation.RequestOptions;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class QueueJobTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    QueueService queue;

    @Inject
    QueueMetrics metrics;

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    SchedulerFixture scene;

    MariaDb database;

    private QueueJob job;

    @BeforeEach
    void twoLentMachines() {
        scene.clear();
        scene.lendMachines(2);
        job = new QueueJob(queue, metrics);
    }

    @AfterEach
    void stop() {
        job.startNoMore(new ShutdownEvent());
    }

    private void waitFor(int count, int minutes) {
        scene.queue(count, new RequestOptions(null, List.of(), minutes, null, null, null));
    }

    private List<String> waiting() {
        return scene.column("select state from requests where waits_until is not null order by id");
    }

    @Test
    void aRequestIsServedWhenItsMachinesAreFree() {
        waitFor(2, 60);
        assertThat(job.step()).isTrue();
        assertThat(waiting()).containsExactly("QUEUED");
        scene.expireAll();
        Scheduled.cleanUp(reservations, 10);

        await().atMost(PATIENCE).until(() -> {
            job.step();
            return waiting().equals(List.of("ACTIVE"));
        });

        assertThat(machines.allAccounts()).containsExactly("m1/alice", "m2/alice");
        assertThat(job.step()).as("anybody waits").isFalse();
    }

    @Test
    void aRequestThatWaitedInVainLapses() {
        waitFor(1, 60);
        scene.sql("update requests set waits_until = created_at where state = 'QUEUED'");

        job.step();

        assertThat(scene.column("select concat(state, ': ', end_reason) from requests where waits_until is not null"))
                .containsExactly("LAPSED: Too few machines were free until the end of the wait.");
    }

    @Test
    void aStopWaitsForTheAccountsUnderWay() throws InterruptedException {
        waitFor(1, 60);
        scene.expire("m1");
        Scheduled.cleanUp(reservations, 10);
        CompletableFuture<Void> slow = machines.hold("m1");
        await().atMost(PATIENCE).until(() -> {
            job.step();
            return job.running() == 1;
        });
        job.startNoMore(new ShutdownEvent());
        CompletableFuture.runAsync(() -> slow.complete(null));

        job.stop(new ShutdownEvent());

        assertThat(job.running()).isZero();
        assertThat(waiting()).containsExactly("ACTIVE");
    }

    @Test
    void theQueueIsServedAfterTheDatabaseWasAway() {
        waitFor(1, 60);
        scene.expire("m1");
        Scheduled.cleanUp(reservations, 10);
        database.stop();
        assertThatThrownBy(job::step).isInstanceOf(RuntimeException.class);
        database.resume();

        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            job.step();
            return waiting().equals(List.of("ACTIVE"));
        });
    }
}
