package io.machinemanager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.scheduler.cleanup.CleanUpConfig;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(JobsTest.Ticking.class)
class JobsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public static class Ticking implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.scheduler.enabled", "true", "SCHEDULER_INTERVAL", "1");
        }
    }

    @Inject
    CleanUpConfig config;

    @Inject
    FakeMachines machines;

    @Inject
    SchedulerFixture scene;

    @BeforeEach
    void emptyPool() {
        scene.clear();
    }

    @Test
    void intervalMayBePlainSeconds() {
        assertThat(config.interval()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theJobRemovesDueAccountsByItself() {
        scene.lendMachines(2);
        scene.expireAll();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.live()).isEmpty());
        assertThat(machines.allAccounts()).isEmpty();
    }
}
