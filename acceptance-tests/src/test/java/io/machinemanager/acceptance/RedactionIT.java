package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.LabMachine;
import io.restassured.response.Response;

/** Does the whole job with secrets that are found nowhere else, and looks for each of them wherever it must not be. */
@Tag("deep")
class RedactionIT {

    private static final Duration CONVERGENCE = Duration.ofSeconds(60);

    @TempDir
    Path temporary;

    private final Map<String, String> secrets = new HashMap<>();
    private Installation installation;
    private SecretHunt hunt;

    @AfterEach
    void stop() {
        if (installation != null) {
            installation.close();
        }
    }

    /** A text that is nowhere else, with characters that encodings change. */
    private static String unique(String what) {
        return what + " \"&" + UUID.randomUUID() + "?/+";
    }

    private String secret(String what) {
        return hunt.add(what, unique(what) + "ü");
    }

    /** Driver and log format of the API, then of the scheduler. */
    private static Stream<Arguments> settings() {
        return Stream.of(Arguments.of("ansible", "text", "ssh", "json"),
                Arguments.of("ssh", "json", "ansible", "text"));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void noSecretIsInALogAProcessAFileOrTheDatabase(String apiDriver, String apiLog, String schedulerDriver,
            String schedulerLog) throws IOException {
        String machinesKey = UUID.randomUUID().toString().substring(4);
        secrets.putAll(Map.of("JWT_SECRET", unique("signing"), "ADMIN_DEFAULT_PASSWORD", unique("admin"), "DB_PASSWORD",
                unique("database"), "MACHINE_SECRETS_KEY",
                Base64.getEncoder().encodeToString(machinesKey.getBytes(StandardCharsets.US_ASCII))));
        installation = new Installation(2, 1, settings(apiDriver, apiLog), settings(schedulerDriver, schedulerLog));
        try (SecretHunt started = new SecretHunt(temporary,
                Set.of(installation.api.pid(), installation.scheduler.pid()))) {
            hunt = started;
            secrets.forEach(hunt::add);
            hunt.add("the machines' key", machinesKey);
            installation.lab.machines().forEach(machine -> hunt.add("password of a machine", machine.password()));
            wholeJob();
            mistakes();
            installation.api.stop();
            installation.scheduler.stop();
        }
        searchWhatIsLeft();

        assertThat(hunt.found()).isEmpty();
        assertThat(hunt.foundInPrivateFiles()).contains("password of a machine in a file")
                .allMatch(entry -> entry.matches(
                        "(password|key) of a machine(| in base64) in a file|a wrong password of a machine in a file"));
        assertThat(hunt.programs()).anyMatch(program -> program.contains("ansible-playbook"));
    }

    private Map<String, String> settings(String driver, String log) {
        Map<String, String> settings = new HashMap<>(secrets);
        settings.putAll(Map.of("ACCOUNT_DRIVER", driver, "LOG_FORMAT", log, "LOG_LEVEL", "DEBUG", "ANSIBLE_WORK_DIR",
                temporary.resolve("work").toString(), "TMPDIR", temporary.toString(), "JAVA_TOOL_OPTIONS",
                "-Djava.io.tmpdir=" + temporary));
        return settings;
    }

    /** Machines by password and by key, users, log-ins, reservations that end by themselves and that are given back. */
    private void wholeJob() {
        String admin = hunt.add("token", installation.admin());
        LabMachine second = installation.lab.machine(1);
        installation.as(admin).delete("/machines/" + second.name()).then().statusCode(200);
        installation.as(admin).body(Map.of("name", "by-key", "host", second.host(), "port", second.port(), "user",
                second.user(), "private_key", newKeyOf(second))).post("/machines").then().statusCode(201);

        String password = secret("password of a user");
        installation.as(admin).body(Map.of("username", "alice", "password", password)).post("/users").then()
                .statusCode(201);
        String token = logIn("alice", password);

        Response lease = installation.as(token)
                .body(Map.of("count", 2, "reservation_password", secret("password of an account")))
                .post("/reservations");
        List<Integer> ids = lease.then().statusCode(201).extract().path("machines.reservation_id");
        assertThat(installation.lab.machines()).allMatch(machine -> machine.passwdHas("alice"));
        ids.forEach(id -> installation.as(token)
                .body(Map.of("reserved_until", Instant.now().plusSeconds(5).toString())).patch("/reservations/" + id)
                .then().statusCode(200));
        await().atMost(CONVERGENCE).until(() -> installation.available().size() == 2);

        Response generated = installation.as(token).header("Idempotency-Key", UUID.randomUUID().toString())
                .body(Map.of("count", 1)).post("/reservations");
        hunt.add("generated password", generated.then().statusCode(201).extract().path("reservation_password"));
        int id = generated.path("machines[0].reservation_id");
        installation.as(token).delete("/reservations/" + id).then().statusCode(200);

        Response inTheQuery = installation.as(token).queryParam("count", 1)
                .queryParam("reservation_password", secret("password in a query")).get("/reserve");
        inTheQuery.then().statusCode(200);
        installation.as(admin).post("/release_all").then().statusCode(200);
    }

    /** Logs in, refreshes the token, and goes on with an API key; each of these is a secret. */
    private String logIn(String name, String password) {
        Response tokens = installation.call().body(Map.of("username", name, "password", password, "refresh", true))
                .post("/login");
        String refresh = hunt.add("refresh token", tokens.then().statusCode(200).extract().path("refresh_token"));
        hunt.add("token", tokens.path("access_token"));
        Response next = installation.call().body(Map.of("refresh_token", refresh)).post("/token/refresh");
        hunt.add("refresh token", next.then().statusCode(200).extract().path("refresh_token"));
        String token = hunt.add("token", next.path("access_token"));
        return hunt.add("API key", installation.as(token).body(Map.of("name", "ci")).post("/whoami/api-keys").then()
                .statusCode(201).extract().path("api_key"));
    }

    /** What people get wrong, each with a secret in it. */
    private void mistakes() {
        String admin = installation.admin();
        LabMachine machine = installation.lab.machine(0);
        installation.as(admin).body(Map.of("password", secret("a wrong password of a machine")))
                .patch("/machines/" + machine.name()).then().statusCode(200);
        assertThat(
                installation.as(admin).body(Map.of("username", "bob", "count", 2)).post("/reservations").statusCode())
                .isIn(409, 502);
        installation.call().body(Map.of("username", "alice", "password", secret("a wrong password"))).post("/login")
                .then().statusCode(401);
        installation.call().body(Map.of("username", secret("a password as the name"), "password", "x")).post("/login")
                .then().statusCode(401);
        installation.call().body("{\"username\":\"alice\",\"password\":\"" + hunt.add("a password in bad JSON",
                UUID.randomUUID().toString())).post("/login").then().statusCode(400);
        installation.call().body(Map.of("refresh_token", secret("a wrong refresh token"))).post("/token/refresh").then()
                .statusCode(401);
        installation.as(hunt.add("a wrong token", UUID.randomUUID().toString())).get("/whoami").then().statusCode(401);
        installation.as(admin).body(Map.of("username", "carol", "password", secret("too long") + "x".repeat(100)))
                .post("/users").then().statusCode(400);
        installation.as(admin).body(Map.of("username", "root", "reservation_password", secret("refused")))
                .post("/reservations").then().statusCode(400);
        installation.as(admin)
                .body(Map.of("name", "x", "host", "127.0.0.1", "port", machine.port(), "user", "root", "private_key",
                        hunt.add("not a key", UUID.randomUUID().toString())))
                .post("/machines").then().statusCode(400);
        installation.call().get("/nothing?password=" + hunt.add("in an address", UUID.randomUUID().toString())).then()
                .statusCode(404);
    }

    private String newKeyOf(LabMachine machine) {
        String key = machine.exec("sh", "-c", """
                mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /run/key
                cat /run/key.pub > /root/.ssh/authorized_keys; cat /run/key; rm /run/key""").output();
        // the lines before this one hold what the public key does too
        List<String> lines = key.lines().toList();
        hunt.add("key of a machine", lines.get(3));
        return key;
    }

    private void searchWhatIsLeft() throws IOException {
        hunt.search("the log of the API", installation.api.log());
        hunt.search("the log of the scheduler", installation.scheduler.log());
        hunt.search("the database", installation.dump());
        hunt.searchFolder(temporary);
        Set<Path> ofTheMachines = new HashSet<>();
        for (LabMachine machine : installation.lab.machines()) {
            List.of("/var/log", "/tmp", "/var/tmp", "/root", "/home", "/run")
                    .forEach(folder -> ofTheMachines.add(machine.path(folder)));
        }
        for (Path folder : ofTheMachines) {
            hunt.searchFolder(folder);
        }
    }
}
