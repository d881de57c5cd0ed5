package io.machinemanager.api.polling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.machine.Machine;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;

/** Calls that clients repeat are answered cheaply, and never with old data. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class PollingTest {

    @Inject
    ApiFixture scene;

    MariaDb database;

    private String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        scene.machines("m1", "m2");
        alice = ApiFixture.tokenOf("alice");
    }

    /** The queries are those of the response. On a busy host more than a second may pass between two calls, so this is repeated until they are close enough. */
    @Test
    void aTokenThatWasCheckedWithinTheLastSecondCostsNoQuery() {
        database.query("set global log_output = 'TABLE'; set global general_log = 1");
        try {
            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                ApiFixture.with(alice).get("/whoami").then().statusCode(200);
                database.query("truncate mysql.general_log");

                ApiFixture.with(alice).get("/whoami").then().statusCode(200);

                assertThat(database.query("select argument from mysql.general_log where command_type in"
                        + " ('Query', 'Execute') and argument not like '%general_log%'").lines())
                        .hasSize(2).noneMatch(statement -> statement.contains("revoked_tokens"));
            });
        } finally {
            database.query("set global general_log = 0");
        }
    }

    /** The address of a new request of alice for one machine. */
    private String request() {
        int id = ApiFixture.with(alice).contentType("application/json").body("{}").post("/reservations")
                .path("request_id");
        return "/requests/" + id;
    }

    private Response poll(String path, String tag) {
        return ApiFixture.with(alice).header("If-None-Match", tag).get(path);
    }

    @Test
    void anUnchangedResponseIsNotSentAgain() {
        int id = ApiFixture.reserve("alice");
        for (String path : List.of("/available", "/machines", "/machines?limit=1", "/reservations",
                "/reservations/" + id)) {
            String tag = ApiFixture.with(alice).get(path).then().statusCode(200)
                    .header("Cache-Control", is("private, no-cache")).extract().header("ETag");

            Response again = poll(path, tag);

            assertThat(again.statusCode()).as(path).isEqualTo(304);
            assertThat(again.header("ETag")).isEqualTo(tag);
            assertThat(again.asString()).isEmpty();
            poll(path, "W/\"another\"").then().statusCode(200);
        }
    }

    @Test
    void ifMatchWithAnotherVersionIsRefused() {
        String tag = ApiFixture.with(alice).get("/available").header("ETag");

        ApiFixture.with(alice).header("If-Match", tag).get("/available").then().statusCode(200);
        ApiFixture.with(alice).header("If-Match", "\"another\"").get("/available").then().statusCode(412)
                .body("error", is("precondition_failed"), "message", containsString("If-Match"));
    }

    @Test
    void aConditionalChangeIsMadeOnlyToTheVersionThatTheCallerHasSeen() {
        String reservation = "/reservations/" + ApiFixture.reserve("alice");
        String request = request();
        String admin = ApiFixture.tokenOf("admin");
        Map<String, String> changes = Map.of(reservation, "{\"duration_minutes\":61}", request,
                "{\"extend_minutes\":1,\"note\":\"longer\"}", "/machines/m1",
                "{\"enabled\":false}", "/users/bob", "{\"is_admin\":true}");
        changes.forEach((path, change) -> {
            String before = ApiFixture.with(admin).get(path).then().statusCode(200).extract().header("ETag");
            assertPreconditionFailed(
                    ApiFixture.with(admin).header("If-Match", "W/\"another\"").contentType("application/json")
                            .body(change)
                            .patch(path));
            assertPreconditionFailed(ApiFixture.with(admin).header("If-Match", "\"another\"").delete(path));
            assertThat(ApiFixture.with(admin).get(path).header("ETag")).as(path).isEqualTo(before);

            ApiFixture.with(admin).header("If-Match", before).contentType("application/json").body(change).patch(path)
                    .then().statusCode(200);

            assertPreconditionFailed(ApiFixture.with(admin).header("If-Match", before).contentType("application/json")
                    .body(change).patch(path));
            assertPreconditionFailed(ApiFixture.with(admin).header("If-Match", before).delete(path));
        });
        for (String path : List.of(reservation, request, "/machines/m1", "/users/bob")) {
            String now = ApiFixture.with(admin).get(path).header("ETag");
            ApiFixture.with(admin).header("If-Match", now).delete(path).then().statusCode(200);
        }
    }

    @Test
    void onlyOneOfManyConcurrentChangesWithTheSameConditionIsMade() {
        String admin = ApiFixture.tokenOf("admin");
        Map<String, String> changes = Map.of("/reservations/" + ApiFixture.reserve("alice"),
                "{\"duration_minutes\":61}", request(), "{\"extend_minutes\":1}",
                "/machines/m1", "{\"enabled\":false}", "/users/bob", "{\"is_admin\":true}");
        changes.forEach((path, change) -> {
            String seen = ApiFixture.with(admin).get(path).header("ETag");
            try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
                List<Future<Integer>> answers = IntStream.range(0, 8).mapToObj(i -> callers.submit(
                        () -> ApiFixture.with(admin).header("If-Match", seen).contentType("application/json")
                                .body(change)
                                .patch(path).statusCode()))
                        .toList();
                assertThat(answers.stream().map(PollingTest::get)).as(path).containsOnly(200, 412)
                        .containsOnlyOnce(200);
            }
        });
    }

    private static int get(Future<Integer> answer) {
        try {
            return answer.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertPreconditionFailed(Response answer) {
        answer.then().statusCode(412).body("error", is("precondition_failed"));
    }

    @Test
    void everyChangeIsSent() {
        int id = ApiFixture.reserve("alice");
        List<String> paths = List.of("/available", "/machines", "/reservations", "/reservations/" + id);
        List<String> before = paths.stream().map(path -> ApiFixture.with(alice).get(path).header("ETag")).toList();

        ApiFixture.with(alice).delete("/reservations/" + id).then().statusCode(200);

        for (int i = 0; i < paths.size(); i++) {
            poll(paths.get(i), before.get(i)).then().statusCode(200);
        }
    }

    @Test
    void theResponseForAnAdminHasAnotherTag() {
        scene.change(() -> Machine.update("enabled = false where name = 'm1'"));

        String tag = ApiFixture.as("admin").get("/available").header("ETag");

        poll("/available", tag).then().statusCode(200);
    }

    /** Changes the user like another replica: this one sees it only in the database. */
    private void changeAliceElsewhere() {
        database.query("update machine_manager.users set token_version = token_version + 1 where username = 'alice'");
    }

    @Test
    void aTokenThatWasRevokedElsewhereIsSoonRefused() {
        ApiFixture.with(alice).get("/whoami").then().statusCode(200);
        changeAliceElsewhere();

        await().until(() -> ApiFixture.with(alice).get("/whoami").statusCode() == 401);
    }

    @Test
    void aCallThatMayChangeSomethingChecksItsTokenAnew() {
        for (String path : List.of("/reserve", "/release_all", "/users", "/audit")) {
            alice = ApiFixture.tokenOf("alice");
            ApiFixture.with(alice).get("/whoami").then().statusCode(200);
            changeAliceElsewhere();

            ApiFixture.with(alice).get(path).then().statusCode(401);
        }
        alice = ApiFixture.tokenOf("alice");
        ApiFixture.with(alice).get("/whoami").then().statusCode(200);
        changeAliceElsewhere();
        ApiFixture.with(alice).contentType("application/json").body("{}").post("/reservations").then().statusCode(401);
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void aListOfAnyLengthIsWholeAndInOrder() {
        aLargePool();

        List<String> names = ApiFixture.with(alice).get("/machines").then().statusCode(200).extract().path("name");
        List<String> part = ApiFixture.with(alice).get("/machines?offset=1&limit=4100").then().statusCode(200)
                .header("X-Total-Count", "4502").extract().path("name");

        assertThat(names).hasSize(4502).doesNotHaveDuplicates().isSorted();
        assertThat(part).isEqualTo(names.subList(1, 4101));
        assertThat(ApiFixture.with(alice).get("/available").then().statusCode(200).extract()
                .<List<String>>path("available"))
                .isEqualTo(names);
    }

    @Test
    void callersThatShareALongListAllGetItWhole() {
        aLargePool();
        try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
            List<Future<Integer>> lengths = IntStream.range(0, 8).mapToObj(i -> callers.submit(() -> ApiFixture
                    .with(alice).get("/machines").then().statusCode(200).extract().<List<String>>path("name").size()))
                    .toList();
            assertThat(lengths.stream().map(PollingTest::get)).containsOnly(4502);
        }
    }

    @Test
    void reservationsOfAnyNumberAreAllListedByMachine() {
        aLargePool();
        database.query(
                "use machine_manager; insert into requests (owner_name, account, machine_count, duration_minutes,"
                        + " state, created_at) values ('alice', 'alice', 1, 60, 'ACTIVE', utc_timestamp(6));"
                        + " insert into reservations (request_id, machine_id, machine_name, owner_id,"
                        + " owner_name, account, state, created_at, duration_minutes, started_at, reserved_until)"
                        + " select last_insert_id(), m.id, m.name, u.id, 'alice', 'alice', 'ACTIVE', utc_timestamp(6), 60, utc_timestamp(6),"
                        + " utc_timestamp(6) + interval 1 hour from machines m join users u on u.username = 'alice'");

        List<String> machines = reserved("/reservations").extract().path("reservations.machine");

        assertThat(machines).hasSize(4502).doesNotHaveDuplicates().isSorted();
        assertThat(reserved("/reservations?state=active").extract().<List<String>>path("reservations.machine"))
                .isEqualTo(machines);
        assertThat(reserved("/reservations?offset=1&limit=4100").header("X-Total-Count", "4502").extract()
                .<List<String>>path("reservations.machine")).isEqualTo(machines.subList(1, 4101));
    }

    private ValidatableResponse reserved(String path) {
        return ApiFixture.with(alice).get(path).then().statusCode(200);
    }

    private void aLargePool() {
        database.query(
                "use machine_manager; insert into machines (id, name, host, port, ssh_user, next_probe_at,"
                        + " last_seen_at, created_at)"
                        + " select 1000000 + seq, concat('n', lpad(seq, 5, '0')), '127.0.0.1', 22, 'root', utc_timestamp(6),"
                        + " utc_timestamp(6), utc_timestamp(6) from seq_1_to_4500");
    }
}
