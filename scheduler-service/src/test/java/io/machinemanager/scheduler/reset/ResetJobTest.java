package io.machinemanager.scheduler.reset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.reservation.ResetService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.scheduler.cleanup.BacklogGauges;
import io.machinemanager.scheduler.cleanup.CleanUpJob;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.TestPlaybook;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(ResetJobTest.WithReset.class)
class ResetJobTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public static class WithReset extends TestPlaybook.Profile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("RESET_PLAYBOOK", TestPlaybook.PLAYBOOK.toString(), "ANSIBLE_PLAYBOOK", RUNS,
                    "PLAYBOOK_CONCURRENCY", "2");
        }
    }

    @Inject
    ResetService resets;

    @Inject
    CleanUpJob cleanUp;

    @Inject
    BacklogGauges gauges;

    @Inject
    MeterRegistry metrics;

    @Inject
    SchedulerFixture scene;

    MariaDb database;

    private ResetJob job;

    @BeforeEach
    void emptyPool() {
        TestPlaybook.reset();
        scene.clear();
        job = new ResetJob(resets, new SimpleMeterRegistry());
    }

    private void releaseAll() {
        scene.expireAll();
        cleanUp.tick();
        await().atMost(PATIENCE).until(() -> scene.live().stream().noneMatch(row -> !row.endsWith("RESETTING")));
    }

    @Test
    void allMachinesAreResetAlsoWhenTheyAreMoreThanThePlaces() {
        scene.lendMachines(5);
        releaseAll();

        job.tick();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).isEmpty());
        assertThat(TestPlaybook.runs()).containsExactlyInAnyOrder("m1", "m2", "m3", "m4", "m5");
    }

    @Test
    void slowResetsDelayNoRemoval() {
        scene.lendMachines(4);
        TestPlaybook.hold();
        scene.expire("m1", "m2", "m3");
        cleanUp.tick();
        await().atMost(PATIENCE).until(
                () -> scene.live().equals(List.of("m1 RESETTING", "m2 RESETTING", "m3 RESETTING", "m4 ACTIVE")));
        job.tick();
        await().atMost(PATIENCE).until(() -> TestPlaybook.runs().size() == 2);

        scene.expire("m4");
        cleanUp.tick();

        await().atMost(PATIENCE).until(() -> scene.live().contains("m4 RESETTING"));
        assertThat(job.running()).as("PLAYBOOK_CONCURRENCY").isEqualTo(2);
        TestPlaybook.letGo();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).isEmpty());
    }

    @Test
    void twoSchedulersShareTheWorkAndResetNothingTwice() {
        ResetJob other = new ResetJob(resets, new SimpleMeterRegistry());
        scene.lendMachines(6);
        releaseAll();

        await().atMost(PATIENCE).untilAsserted(() -> {
            job.tick();
            other.tick();
            assertThat(scene.live()).isEmpty();
        });
        assertThat(TestPlaybook.runs()).hasSize(6).doesNotHaveDuplicates();
    }

    @Test
    void theMetricsTellHowManyAreResetAndHowTheResetsEnded() {
        scene.lendMachines(3);
        TestPlaybook.run("[ $machine = m1 ] && exit 2; report '{\"tasks\": 1}'\n");
        releaseAll();
        gauges.refresh();
        assertThat(gauge("machinemanager.resetting", "reason", "no_failure")).isEqualTo(3);
        double done = resets("done");
        double failed = resets("playbook_failed");

        job.tick();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).containsExactly("m1 RESETTING"));
        await().atMost(PATIENCE).until(() -> job.running() == 0);
        gauges.refresh();
        assertThat(gauge("machinemanager.resetting", "reason", "no_failure")).isZero();
        assertThat(gauge("machinemanager.resetting", "reason", "failed")).isEqualTo(1);
        assertThat(gauge("machinemanager.reservations", "state", "resetting")).isEqualTo(1);
        assertThat(resets("done") - done).isEqualTo(2);
        assertThat(resets("playbook_failed") - failed).isEqualTo(1);
        assertThat(metrics.get("machinemanager.playbook").tags("playbook", "reset", "outcome", "done").timer().count())
                .isPositive();
    }

    private double gauge(String name, String tag, String value) {
        return metrics.get(name).tag(tag, value).gauge().value();
    }

    private double resets(String outcome) {
        return metrics.get("machinemanager.resets").tag("outcome", outcome).counter().count();
    }

    @Test
    void aTickWithoutADatabaseDoesNotEndTheJob() {
        scene.lendMachines(1);
        releaseAll();
        database.stop();
        job.tick();
        database.resume();

        await().atMost(PATIENCE).untilAsserted(() -> {
            job.tick();
            assertThat(scene.live()).isEmpty();
        });
    }
}
