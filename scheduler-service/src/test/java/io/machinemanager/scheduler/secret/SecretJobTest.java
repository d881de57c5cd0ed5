package io.machinemanager.scheduler.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.machine.Machine;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.secret.SecretConfig;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.MariaDbResource;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class SecretJobTest {

    // the two keys of the configuration
    private static final String NEW = "bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXcgbmV3IG5ldyE=";
    private static final String OLD = "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZCE=";
    private static final String LOST = "bG9zdCBsb3N0IGxvc3QgbG9zdCBsb3N0IGxvc3QgISE=";

    @Inject
    SecretJob job;

    @Inject
    MachineService machines;

    @Inject
    MeterRegistry registry;

    @Inject
    SchedulerFixture scene;

    @BeforeEach
    void clear() {
        scene.clear();
    }

    private void register(int count, String key) {
        SshCredentials both = new SshCredentials("pässword", "a key");
        SecretBox box = box(key);
        IntStream.range(0, count).forEach(i -> {
            Machine made = machines.register(
                    new NewMachine(key.substring(0, 4) + i, "127.0.0.1", 22, "root", both, true),
                    "");
            QuarkusTransaction.requiringNew().run(() -> Machine.<Machine>findById(made.id).seal(both, box));
        });
    }

    /** A run passes over rows that other work has locked, such as a probe, and the next run takes them. */
    private void runUntilStaleIs(double count) {
        await().untilAsserted(() -> {
            job.run();
            assertThat(stale()).isEqualTo(count);
        });
    }

    private double stale() {
        return registry.get("machinemanager.secrets.stale").gauge().value();
    }

    private List<Machine> all() {
        return QuarkusTransaction.requiringNew().call(() -> Machine.listAll());
    }

    @Test
    void everySecretComesToTheNewKeyWithoutAnyMachineBeingReached() {
        register(120, OLD);
        SecretBox newAlone = box(NEW);

        runUntilStaleIs(0);

        assertThat(all()).hasSize(120).allSatisfy(machine -> assertThat(machine.credentials(newAlone))
                .isEqualTo(new SshCredentials("pässword", "a key")));
    }

    @Test
    void whatCannotBeReadIsCountedAndKeptAsItIs() {
        register(101, LOST);
        register(1, OLD);
        List<String> before = all().stream().map(machine -> machine.sealedPassword).filter(this::isLost).toList();

        runUntilStaleIs(101);

        assertThat(all()).extracting(machine -> machine.sealedPassword).containsAll(before);
    }

    private boolean isLost(String sealed) {
        return box(LOST).isCurrent(sealed);
    }

    @Test
    void answersKeptForRepeatedRequestsComeToTheNewKeyToo() {
        scene.lendMachines(1);
        scene.expireAll();
        String user = scene.column("select id from users").getFirst();
        String owner = "idempotency/" + user + "/key-1";
        String sealed = box(OLD).seal(owner, "what was said");
        scene.sql(
                ("update requests set owner_id = %s, idempotency_key = 'key-1', sealed_spec = '%s', sealed_answer = '%s'")
                        .formatted(user, sealed, sealed));

        runUntilStaleIs(0);

        assertThat(scene.column("select sealed_spec from requests union select sealed_answer from requests"))
                .isNotEmpty().allSatisfy(text -> assertThat(box(NEW).open(owner, text)).isEqualTo("what was said"));
    }

    private static SecretBox box(String key) {
        return new SecretBox(new Keys(Optional.of(key), Optional.empty(), Duration.ZERO));
    }

    private record Keys(Optional<String> key, Optional<String> keyPrevious, Duration rotationInterval)
            implements
                SecretConfig {
    }
}
