package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;
import io.restassured.response.Response;

/** Two APIs and two schedulers on one database, started together and under load. */
@Tag("deep")
class SeveralReplicasIT {

    private static final int MACHINES = 6;
    private static final int CLIENTS = 4;
    private static final int ROUNDS = 4;
    private static final String PASSWORD = "a long secret";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    // The shell of whom the services log in as: notes when a session begins and ends, and takes its time over it. Who is
    // logged in already, on a connection that was opened ahead of need, has the old one, so these log-ins are ended.
    private static final String NOTING_SHELL = """
            printf '%s\\n' '#!/bin/sh' 'echo begin >>/root/sessions' 'sleep 0.2' '/bin/sh "$@"' 'status=$?' \
                'echo end >>/root/sessions' 'exit $status' >/usr/local/sbin/noting-shell
            chmod 755 /usr/local/sbin/noting-shell
            : >/root/sessions
            sed -i '/^root:/s|[^:]*$|/usr/local/sbin/noting-shell|' /etc/passwd
            for process in /proc/[0-9]*; do
                if tr '\\0' ' ' <"$process/cmdline" | grep -q '^sshd\\(-session\\)\\{0,1\\}: root'; then
                    kill "${process#/proc/}"
                fi
            done
            """;

    private final Map<String, String> holders = new ConcurrentHashMap<>();

    @ParameterizedTest
    @MethodSource("io.machinemanager.acceptance.Installation#drivers")
    void replicasLendNothingTwiceNorWorkOnAMachineAtOnce(String driver) throws Exception {
        // Nobody dies here, so that no claim should run out, however busy the host is.
        Map<String, String> settings = Map.of("ACCOUNT_DRIVER", driver, "CLAIM_DURATION", "60s");
        try (Installation installation = new Installation(MACHINES, 2, settings)) {
            // The first look at each machine changes nothing there and waits for nobody.
            await().atMost(PATIENCE).until(() -> installation
                    .query("select count(*) from machines where last_seen_at is null").equals("0\n"));
            installation.lab.machines().forEach(machine -> machine.exec("sh", "-c", NOTING_SHELL));

            letClientsWork(installation);

            String admin = installation.admin();
            await().atMost(PATIENCE).until(() -> installation.available().size() == MACHINES);
            installation.as(admin, 1).get("/available").then().statusCode(200);
            assertThat(installation.lab.machines()).allSatisfy(machine -> {
                assertThat(lentAccounts(machine)).isEmpty();
                assertThat(machine.exec("ls", "/home").output()).isEmpty();
                assertThat(sessions(machine)).as("begin and end of the sessions on " + machine)
                        .isEqualTo(oneAfterTheOther(sessions(machine).size()));
            });
            assertThat(installation.lab.machines().stream().mapToInt(machine -> sessions(machine).size()).sum())
                    .as("two lines for each account that is made, and two when it goes")
                    .isGreaterThan(2 * ROUNDS * CLIENTS);
            assertThat(installation.query("""
                    select count(*) from reservations a join reservations b
                    on a.machine_name = b.machine_name and a.id < b.id and b.created_at < a.released_at"""))
                    .isEqualTo("0\n");
            assertThat(installation.query("select count(*) from reservations where state <> 'RELEASED'"))
                    .isEqualTo("0\n");
        }
    }

    private void letClientsWork(Installation installation) throws Exception {
        List<String> names = Stream.of("anna", "bert", "cora", "dirk").limit(CLIENTS).toList();
        try (ExecutorService executor = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> clients = new ArrayList<>();
            for (String name : names) {
                String token = installation.user(name);
                clients.add(executor.submit(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        borrow(installation, name, token, round);
                    }
                }));
            }
            for (Future<?> client : clients) {
                client.get();
            }
        }
    }

    /** Asks one of the APIs and then the other, and gives back early or lets the time run out, by turns. */
    private void borrow(Installation installation, String name, String token, int round) {
        int count = 1 + round % 2;
        Response lease = await().atMost(PATIENCE).until(() -> installation.as(token, round % 2)
                .body(Map.of("count", count, "reservation_password", PASSWORD)).post("/reservations"),
                // the name's account, or too many others', may be on their way out still
                answer -> answer.statusCode() != 409);
        lease.then().statusCode(201);
        List<LabMachine> machines = Installation.machines(lease).stream().map(installation::machine).toList();
        assertThat(machines).hasSize(count).allSatisfy(machine -> {
            assertThat(holders.put(machine.name(), name)).as("who else has " + machine).isNull();
            assertThat(lentAccounts(machine)).containsExactly(name);
            assertThat(new SshLogin(machine, name, PASSWORD).works()).isTrue();
        });
        machines.forEach(machine -> holders.remove(machine.name()));
        lease.then().extract().<List<Integer>>path("machines.reservation_id")
                .forEach(id -> end(installation, token, id, round));
    }

    private static void end(Installation installation, String token, int id, int round) {
        String path = "/reservations/" + id;
        if (round < ROUNDS / 2) {
            installation.as(token, (round + 1) % 2).delete(path).then().statusCode(200);
        } else {
            // On a busy host the call may arrive when the end that it asks for is already past: 400.
            await().atMost(PATIENCE).until(() -> {
                Response answer = installation.as(token, (round + 1) % 2)
                        .body(Map.of("reserved_until", Instant.now().plusSeconds(5).toString())).patch(path);
                assertThat(answer.statusCode()).as(answer.asString()).isIn(200, 400);
                return answer.statusCode() == 200;
            });
        }
    }

    private static List<String> lentAccounts(LabMachine machine) {
        return machine.lines("/etc/passwd").stream().map(line -> line.split(":"))
                .filter(fields -> Integer.parseInt(fields[2]) >= 20000 && Integer.parseInt(fields[2]) < 60000)
                .map(fields -> fields[0]).toList();
    }

    private static List<String> sessions(LabMachine machine) {
        return machine.lines("/root/sessions");
    }

    private static List<String> oneAfterTheOther(int lines) {
        return Stream.iterate("begin", line -> line.equals("begin") ? "end" : "begin").limit(lines).toList();
    }
}
