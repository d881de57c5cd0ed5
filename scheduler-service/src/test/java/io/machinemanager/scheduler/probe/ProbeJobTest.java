package io.machinemanager.scheduler.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduler;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ProbeJobTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    ProbeService probes;

    @Inject
    MachineConfig config;

    @Inject
    FakeMachines machines;

    @Inject
    Scheduler scheduler;

    @Inject
    SchedulerFixture scene;

    private final List<ProbeJob> jobs = new ArrayList<>();
    private ProbeJob job;

    @BeforeEach
    void fiveMachines() {
        assertThat(scheduler.isStarted()).as("the jobs also run by themselves, and take probes from those of the tests")
                .isFalse();
        scene.clear();
        scene.lendMachines(5);
        scene.sql("update machines set last_seen_at = null");
        job = newJob();
    }

    private ProbeJob newJob() {
        ProbeJob made = new ProbeJob(probes, config);
        jobs.add(made);
        return made;
    }

    /** A job that goes on would probe the machines of the next test. */
    @AfterEach
    void endJobs() throws InterruptedException {
        for (ProbeJob one : jobs) {
            one.startNoMore(new ShutdownEvent());
            one.awaitRecords(new ShutdownEvent());
        }
    }

    private List<String> seen() {
        return scene.column("select name from machines where last_seen_at is not null order by name");
    }

    private List<CompletableFuture<Void>> holdAll() {
        return IntStream.rangeClosed(1, 5).mapToObj(i -> machines.hold("m" + i)).toList();
    }

    private void tickAndAwaitTwo() {
        job.tick();
        await().atMost(PATIENCE).until(() -> machines.waiting() == 2);
    }

    @Test
    void aTickProbesEachMachineAndNoMoreThanTheLimitAtOnce() {
        List<CompletableFuture<Void>> gates = holdAll();
        tickAndAwaitTwo();
        await().during(Duration.ofMillis(300)).until(() -> machines.waiting() == 2);

        gates.forEach(gate -> gate.complete(null));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen()).containsExactly("m1", "m2", "m3", "m4", "m5"));
    }

    @Test
    void aMachineThatNeverAnswersDelaysNoOther() {
        CompletableFuture<Void> gate = machines.hold("m1");

        job.tick();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen()).containsExactly("m2", "m3", "m4", "m5"));
        scene.sql("update machines set last_seen_at = null, next_probe_at = created_at where name <> 'm1'");
        // a probe whose result is stored may not have ended yet
        await().atMost(PATIENCE).untilAsserted(() -> {
            job.tick();
            assertThat(seen()).containsExactly("m2", "m3", "m4", "m5");
        });
        gate.complete(null);
        await().atMost(PATIENCE).until(() -> seen().contains("m1"));
    }

    @Test
    void twoSchedulersDoNotProbeAMachineTwiceInAnInterval() {
        ProbeJob other = newJob();

        CompletableFuture.allOf(CompletableFuture.runAsync(job::tick), CompletableFuture.runAsync(other::tick)).join();

        await().atMost(PATIENCE).until(() -> seen().size() == 5);
        assertThat(machines.probes()).containsExactlyInAnyOrder("m1", "m2", "m3", "m4", "m5");
    }

    @Test
    void aMachineThatCannotBeReachedDelaysNoOther() {
        machines.fail("m2", Outcome.UNREACHABLE, "connection refused");

        job.tick();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen()).containsExactly("m1", "m3", "m4", "m5"));
        await().atMost(PATIENCE).untilAsserted(
                () -> assertThat(scene.column("select unavailable_reason from machines where name = 'm2'"))
                        .containsExactly("connection refused"));
    }

    @Test
    void aStopStartsNoMoreProbesAndRecordsThoseUnderWay() {
        List<CompletableFuture<Void>> gates = holdAll();
        tickAndAwaitTwo();

        job.startNoMore(new ShutdownEvent());
        CompletableFuture<Void> recorded = CompletableFuture.runAsync(() -> {
            try {
                job.awaitRecords(new ShutdownEvent());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().during(Duration.ofMillis(100)).until(() -> !recorded.isDone());
        gates.forEach(gate -> gate.complete(null));

        await().atMost(PATIENCE).until(recorded::isDone);
        assertThat(seen()).as("the results of the probes under way are recorded").hasSize(2);
        await().during(Duration.ofMillis(300)).until(() -> seen().size() == 2);
    }
}
