package io.machinemanager.scheduler.cleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class CleanUpJobTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Batches of three, and half a second for a stop. */
    private record Settings(Duration interval, int batchSize, int maxInHand,
            Duration shutdownTimeout) implements CleanUpConfig {

        private Settings(int maxInHand) {
            this(Duration.ofSeconds(1), 3, maxInHand, Duration.ofMillis(500));
        }
    }

    @Inject
    ReservationService reservations;

    @Inject
    CleanUpMetrics metrics;

    @Inject
    FakeMachines machines;

    @Inject
    SchedulerFixture scene;

    MariaDb database;

    private CleanUpJob job;

    @BeforeEach
    void emptyPool() {
        scene.clear();
        job = newJob();
    }

    private CleanUpJob newJob() {
        return newJob(4);
    }

    private CleanUpJob newJob(int maxInHand) {
        return new CleanUpJob(reservations, metrics, new Settings(maxInHand));
    }

    private void awaitIdle(CleanUpJob... jobs) {
        await().atMost(PATIENCE).until(() -> List.of(jobs).stream().allMatch(j -> j.running() == 0));
    }

    @Test
    void allDueAccountsAreRemovedAlsoWhenTheyAreMoreThanABatch() {
        scene.lendMachines(8);
        scene.expireAll();

        await().atMost(PATIENCE).untilAsserted(() -> {
            job.tick();
            assertThat(scene.live()).isEmpty();
        });
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.column("select distinct release_cause from reservations")).containsExactly("EXPIRED");
    }

    @Test
    void aSlowMachineDelaysNoOther() {
        scene.lendMachines(3);
        CompletableFuture<Void> slow = machines.hold("m1");
        scene.expire("m1");
        job.tick();
        assertThat(job.running()).isEqualTo(1);

        scene.expire("m2", "m3");
        job.tick();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).containsExactly("m1 RELEASING"));
        slow.complete(null);
        awaitIdle(job);
        assertThat(scene.live()).isEmpty();
    }

    @Test
    void aSlowMachineTakesRoomForOneOnlyAndTheOthersDoNotWaitForTheNextTick() {
        job = newJob(3);
        scene.lendMachines(6);
        CompletableFuture<Void> slow = machines.hold("m1");
        scene.expireAll();

        job.tick();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).containsExactly("m1 RELEASING"));
        slow.complete(null);
        awaitIdle(job);
        assertThat(scene.live()).isEmpty();
    }

    @Test
    void noMoreThanTheLimitIsTakenUp() {
        scene.lendMachines(7);
        List<CompletableFuture<Void>> gates = IntStream.rangeClosed(1, 7).mapToObj(i -> machines.hold("m" + i))
                .toList();
        scene.expireAll();

        job.tick();
        job.tick();

        assertThat(job.running()).as("CLEANUP_MAX_IN_HAND").isEqualTo(4);
        assertThat(scene.live().stream().filter(row -> row.endsWith("RELEASING"))).hasSize(4);
        gates.forEach(gate -> gate.complete(null));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).isEmpty());
    }

    @Test
    void aWaitThatIsInterruptedMakesRoomOnce() {
        job = newJob(1);
        scene.lendMachines(3);
        CompletableFuture<Void> slow = new CompletableFuture<>();
        AtomicReference<Thread> waiting = new AtomicReference<>();
        machines.delegate("m1", tasks -> {
            waiting.set(Thread.currentThread());
            return tasks.stream().map(task -> slow.thenApply(open -> machines.work(task))).toList();
        });
        scene.expire("m1");
        job.tick();
        await().atMost(PATIENCE).until(() -> waiting.get() != null);

        waiting.get().interrupt();
        await().atMost(PATIENCE).until(() -> job.running() == 0);
        slow.complete(null);

        await().atMost(PATIENCE).until(() -> !scene.live().contains("m1 RELEASING"));
        await().during(Duration.ofMillis(300)).until(() -> job.running() == 0);
        List<CompletableFuture<Void>> gates = List.of(machines.hold("m2"), machines.hold("m3"));
        scene.expire("m2", "m3");
        job.tick();
        assertThat(job.running()).isEqualTo(1);
        gates.forEach(gate -> gate.complete(null));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).isEmpty());
    }

    @Test
    void pausesAfterFailuresGrowDifferAndHaveALimit() {
        scene.lendMachines(4);
        IntStream.rangeClosed(1, 4).forEach(i -> machines.fail("m" + i, Outcome.FAILED, "userdel: busy"));
        scene.expireAll();
        double longest = 0;
        for (int failures = 1; failures <= 9; failures++) {
            job.tick();
            awaitIdle(job);
            List<Double> pauses = scene.column("select timestampdiff(microsecond, max(e.happened_at),"
                    + " r.next_attempt_at) / 1e6 from reservations r join reservation_events e"
                    + " on e.reservation_id = r.id and e.kind = 'REMOVAL_FAILED' group by r.id").stream()
                    .map(Double::valueOf).toList();
            double whole = Math.min(600, 10 * Math.pow(2, failures - 1.0));
            assertThat(pauses).hasSize(4).allSatisfy(pause -> assertThat(pause).isBetween(whole / 2 - 0.01, whole));
            assertThat(pauses).as("all come back together").doesNotHaveDuplicates();
            longest = Math.max(longest, pauses.stream().mapToDouble(p -> p).max().orElseThrow());
            job.tick();
            assertThat(job.running()).as("tried again before the pause is over").isZero();
            scene.sql("update reservations set next_attempt_at = created_at");
        }
        assertThat(longest).isBetween(300.0, 600.0);
        assertThat(scene.column("select distinct concat(attempts, ' ', last_outcome, ' ', last_error)"
                + " from reservations")).containsExactly("9 FAILED userdel: busy");
    }

    @Test
    void twoSchedulersShareTheWorkAndDoNothingTwice() {
        CleanUpJob other = newJob();
        scene.lendMachines(20);
        scene.expireAll();

        await().atMost(PATIENCE).untilAsserted(() -> {
            CompletableFuture.allOf(CompletableFuture.runAsync(job::tick), CompletableFuture.runAsync(other::tick))
                    .join();
            assertThat(scene.live()).isEmpty();
        });

        awaitIdle(job, other);
        assertThat(machines.removals()).as("each machine was worked on once").hasSize(20).doesNotHaveDuplicates();
        assertThat(scene.column("select count(*) from reservation_events where kind = 'VERIFIED_GONE'"))
                .containsExactly("20");
    }

    @Test
    void aStopLeavesWorkThatItCannotFinishToAnotherScheduler() {
        scene.lendMachines(2);
        CompletableFuture<Void> slow = machines.hold("m1");
        scene.expire("m1");
        job.tick();

        job.stop(new ShutdownEvent());

        assertThat(job.running()).as("the stop did not wait for ever").isEqualTo(1);
        scene.expire("m2");
        job.tick();
        assertThat(scene.live()).as("nothing new is taken up").containsExactly("m1 RELEASING", "m2 ACTIVE");
        machines.heal("m1");
        scene.sql("update reservations set claimed_until = created_at where claimed_until is not null");
        CleanUpJob next = newJob();
        next.tick();
        awaitIdle(next);
        assertThat(scene.live()).isEmpty();
        slow.complete(null);
        awaitIdle(job);
        assertThat(scene.column("select count(*) from reservation_events where kind = 'VERIFIED_GONE'"))
                .as("written by the one that lost its claim").containsExactly("2");
    }

    @Test
    void aStopWaitsForTheWorkUnderWay() {
        scene.lendMachines(1);
        CompletableFuture<Void> slow = machines.hold("m1");
        scene.expireAll();
        job.tick();
        CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS)
                .execute(() -> slow.complete(null));

        job.stop(new ShutdownEvent());

        assertThat(job.running()).isZero();
        assertThat(scene.live()).isEmpty();
    }

    @Test
    void aTickWithoutADatabaseDoesNotEndTheJob() {
        scene.lendMachines(1);
        scene.expireAll();
        database.stop();
        job.tick();
        database.resume();

        await().atMost(PATIENCE).untilAsserted(() -> {
            job.tick();
            assertThat(scene.live()).isEmpty();
        });
        assertThat(job.silence()).isLessThan(Duration.ofSeconds(5));
    }
}
