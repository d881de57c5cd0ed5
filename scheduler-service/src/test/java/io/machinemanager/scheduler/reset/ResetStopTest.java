package io.machinemanager.scheduler.reset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.reservation.ResetService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.scheduler.cleanup.CleanUpJob;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.TestPlaybook;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** A stop, after which no reset of this process succeeds. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(ResetStopTest.WithReset.class)
class ResetStopTest {

    public static class WithReset extends ResetJobTest.WithReset {
    }

    @Inject
    ResetService resets;

    @Inject
    CleanUpJob cleanUp;

    @Inject
    SchedulerFixture scene;

    @Test
    void aStopGivesASlowResetBackToBeDoneAtOnceByAnother() {
        TestPlaybook.run("sleep 4270\n");
        scene.clear();
        ResetJob job = new ResetJob(resets, new SimpleMeterRegistry());
        scene.lendMachines(2);
        scene.expire("m1");
        cleanUp.tick();
        await().atMost(Duration.ofSeconds(30)).until(() -> scene.live().contains("m1 RESETTING"));
        job.tick();
        await().until(() -> TestPlaybook.runs().size() == 1);

        ShutdownEvent shutdown = new ShutdownEvent();
        job.startNoMore(shutdown);
        job.stop(shutdown);

        assertThat(job.running()).isZero();
        assertThat(scene.column("select failed_resets from reservations where state = 'RESETTING'"
                + " and claimed_by is null and next_attempt_at <= utc_timestamp(6)")).containsExactly("0");
        assertThat(ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream()))
                .noneMatch(command -> command.contains("sleep 4270"));
    }
}
