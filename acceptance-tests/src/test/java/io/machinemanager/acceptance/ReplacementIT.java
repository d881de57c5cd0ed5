package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;
import io.restassured.response.Response;

/** What a user sees of a lent machine that loses its power, with real machines and packaged services. */
class ReplacementIT {

    private static final String PASSWORD = "a long secret";
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private Installation installation;
    private String alice;

    @ParameterizedTest
    @MethodSource("io.machinemanager.acceptance.Installation#drivers")
    void aLentMachineThatDiesIsReplacedByASpareOneAndCleanedWhenItReturns(String driver) {
        Map<String, String> settings = Map.of("ACCOUNT_DRIVER", driver, "SPARE_POOL_PERCENT", "50",
                "SSH_HEALTH_INTERVAL", "1s", "SSH_CONNECT_TIMEOUT", "3s");
        try (Installation started = new Installation(2, 1, settings)) {
            installation = started;
            alice = installation.user("alice");
            Response lease = reserve();
            LabMachine dead = installation.machine(Installation.machines(lease).getFirst());
            LabMachine spare = installation.lab.machines().stream()
                    .filter(machine -> !machine.name().equals(dead.name()))
                    .findFirst().orElseThrow();
            reserve().then().statusCode(409);

            dead.stop();

            await().atMost(PATIENCE).until(() -> machinesOfAlice("ACTIVE").equals(List.of(spare.name())));
            assertThat(new SshLogin(spare, "alice", PASSWORD).works()).isTrue();
            int heir = lent("reservation_id", spare);
            assertThat(this.<String>lent("reserved_until", spare)).isEqualTo(lease.path("reserved_until"));
            assertThat(history(heir)).contains("replaces");
            assertThat(history(lease.path("machines[0].reservation_id"))).contains("replaced");

            dead.start();

            await().atMost(PATIENCE).until(() -> !dead.passwdHas("alice") && !dead.homeExists("alice"));
            await().atMost(PATIENCE)
                    .until(() -> installation.query("select count(*) from reservations where state = 'RELEASED'")
                            .equals("1\n"));
            assertThat(new SshLogin(spare, "alice", PASSWORD).works()).isTrue();
        }
    }

    private Response reserve() {
        return installation.as(alice).body(Map.of("count", 1, "reservation_password", PASSWORD)).post("/reservations");
    }

    private List<String> machinesOfAlice(String state) {
        return installation.query("select machine_name from reservations where owner_name = 'alice' and state = '"
                + state + "'").lines().toList();
    }

    private <T> T lent(String field, LabMachine machine) {
        return installation.as(alice).get("/reservations").then().statusCode(200).extract()
                .path("reservations.find { it.machine == '%s' }.%s".formatted(machine.name(), field));
    }

    private List<String> history(int reservation) {
        return installation.as(alice).get("/reservations/" + reservation).then().statusCode(200).extract()
                .path("history.event");
    }
}
