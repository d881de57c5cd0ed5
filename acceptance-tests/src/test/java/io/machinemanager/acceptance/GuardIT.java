package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;
import io.machinemanager.testing.SshSession;
import io.restassured.response.Response;

/** Access ends on time while the whole service is down. */
@ParameterizedClass
@MethodSource("io.machinemanager.acceptance.Installation#drivers")
class GuardIT {

    private static final Duration GRACE = Duration.ofSeconds(10);
    /** The guard checks the ends every five seconds, and a busy host may take as long again. */
    private static final Duration LATEST = Duration.ofSeconds(15);
    private static final Duration CONVERGENCE = Duration.ofSeconds(60);

    private static Installation installation;
    private static String alice;

    @Parameter
    String driver;

    @BeforeParameterizedClassInvocation
    static void start(String driver) {
        installation = new Installation(1, 1, Map.of("ACCOUNT_DRIVER", driver, "GUARD_GRACE", GRACE.toSeconds() + "s",
                "SSH_HEALTH_INTERVAL", "2s"));
        alice = installation.user("alice");
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        installation.close();
    }

    @AfterEach
    void giveEverythingBack() {
        installation.as(installation.admin()).post("/release_all").then().statusCode(200);
        await().atMost(CONVERGENCE).until(() -> installation.available().size() == 1);
    }

    private static final class Lent {

        private final LabMachine machine;
        private final SshLogin login;
        private final long request;
        private Instant end;

        private Lent() {
            Response lease = installation.as(alice)
                    .body(Map.of("count", 1, "duration_minutes", 60, "reservation_password", "a long secret"))
                    .post("/reservations");
            lease.then().statusCode(201);
            machine = installation.machine(Installation.machines(lease).getFirst());
            login = new SshLogin(machine, "alice", "a long secret");
            request = lease.jsonPath().getLong("request_id");
        }

        private void endIn(Duration time) {
            end = Instant.now().plus(time);
            installation.as(alice).body(Map.of("reserved_until", end.toString())).patch("/requests/" + request)
                    .then().statusCode(200);
        }

        private void assertCutOnTime(SshSession session) {
            assertThat(session.isCutWithin(Duration.between(Instant.now(), end).plus(GRACE).plus(LATEST)))
                    .as("cut in time").isTrue();
            assertThat(Instant.now()).as("not before the end").isAfter(end);
            assertThat(login.works()).isFalse();
            assertThat(machine.processesOf("alice")).isEmpty();
            assertThat(machine.passwdHas("alice")).as("the removal is left to the service").isTrue();
        }
    }

    private static void kill() {
        installation.api.kill();
        installation.scheduler.kill();
        installation.database().stop();
    }

    private static void startAgain(LabMachine machine) {
        installation.database().resume();
        installation.api.start();
        installation.scheduler.start();
        await().atMost(CONVERGENCE).until(() -> !machine.passwdHas("alice"));
        await().atMost(CONVERGENCE).until(() -> installation.available().size() == 1);
        await().atMost(CONVERGENCE).until(() -> guards(machine).isEmpty());
    }

    private static List<String> guards(LabMachine machine) {
        return machine.exec("sh", "-c", "ps -eo args | grep '^/bin/sh /var/lib/machine-manager/guard$' || true")
                .output().lines().toList();
    }

    @Test
    void accessEndsOnTimeAlthoughEverythingIsDeadAndTheRestIsRemovedWhenItIsBack() {
        Lent lent = new Lent();
        try (SshSession session = lent.login.open()) {
            session.type("(trap '' HUP TERM; setsid sleep 1000 &)");
            lent.endIn(Duration.ofSeconds(5));
            lent.endIn(Duration.ofSeconds(10));
            kill();

            lent.assertCutOnTime(session);
        } finally {
            startAgain(lent.machine);
        }
    }

    @Test
    @Tag("deep")
    void aGuardThatWasKilledIsFoundAndStartedAgainByAProbe() {
        Lent lent = new Lent();
        await().atMost(CONVERGENCE).until(() -> guards(lent.machine).size() == 1);
        lent.machine.exec("sh", "-c",
                "pkill -KILL -f /var/lib/machine-manager/guard; rm -rf /etc/cron.d/machine-manager*"
                        + " /var/lib/machine-manager/guard /var/lib/machine-manager/ends");

        await().atMost(CONVERGENCE).until(() -> guards(lent.machine).size() == 1);

        await().atMost(CONVERGENCE).until(() -> installation.as(alice).get("/machines/" + lent.machine.name())
                .path("facts.guard") != null);
        try (SshSession session = lent.login.open()) {
            lent.endIn(Duration.ofSeconds(5));
            kill();
            lent.assertCutOnTime(session);
        } finally {
            startAgain(lent.machine);
        }
    }

    @Test
    @Tag("deep")
    void accessEndsAlthoughTheMachineRebootsMeanwhile() {
        Lent lent = new Lent();
        lent.endIn(Duration.ofSeconds(20));
        kill();
        try {
            lent.machine.restart();
            await().atMost(Duration.ofSeconds(70)).until(() -> guards(lent.machine).size() == 1);
            await().atMost(GRACE.plusSeconds(20).plus(LATEST)).until(lent.login::isRefused);
            assertThat(Instant.now()).isAfter(lent.end);
        } finally {
            startAgain(lent.machine);
        }
    }
}
