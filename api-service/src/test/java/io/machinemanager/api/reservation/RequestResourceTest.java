package io.machinemanager.api.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.machine.Machine;
import io.machinemanager.reservation.QueueService;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class RequestResourceTest extends ReservationApiTestBase {

    @Inject
    QueueService queue;

    private ValidatableResponse post(String token, String body) {
        return json(ApiFixture.with(token)).body(body).post("/reservations").then();
    }

    /** Bob reserves all machines, so that alice has to wait. */
    private int lendAll() {
        return post(ApiFixture.tokenOf("bob"), "{\"count\":3}").statusCode(201).extract().path("request_id");
    }

    private int queue(String body) {
        return post(alice, body).statusCode(202).extract().path("request_id");
    }

    private void serve() {
        queue.dispatch(10).forEach(CompletableFuture::join);
    }

    @Test
    void aCallThatWaitsIsAcceptedAndTellsItsPlaceReasonAndTime() {
        lendAll();

        String address = post(alice, "{\"count\":2,\"wait_minutes\":90,\"note\":\" nightly build \"}").statusCode(202)
                .body("state", is("queued")).body("position", is(1))
                .body("reason", matchesPattern("3 of 3 machines are lent; the next ends at .*"))
                .body("expected_at", matchesPattern(".*Z")).body("waits_until", matchesPattern(".*Z"))
                .body("note", is("nightly build")).body("machines", hasSize(0))
                .body("$", not(hasKey("reservation_password"))).header("Location", matchesPattern(".*/requests/[0-9]+"))
                .header("Cache-Control", "no-store").extract().header("Location");

        String tag = ApiFixture.with(alice).get(address).then().statusCode(200).body("state", is("queued"))
                .body("history.event", contains("queued")).extract().header("ETag");
        ApiFixture.with(alice).header("If-None-Match", tag).get(address).then().statusCode(200).body("position", is(1));
        ApiFixture.as("bob").get(address).then().statusCode(403);
        ApiFixture.as("admin").get(address).then().statusCode(200).body("owner", is("alice"));
    }

    @Test
    void aServedRequestShowsItsMachinesAndItsPasswordOnce() {
        int bobs = lendAll();
        int id = queue("{\"wait_minutes\":90}");
        ApiFixture.as("bob").delete("/requests/" + bobs).then().statusCode(200).body("message", is("released"));
        serve();

        ApiFixture.as("admin").get("/requests/" + id).then().body("$", not(hasKey("reservation_password")));
        ApiFixture.with(alice).get("/requests/" + id).then().statusCode(200).body("state", is("active"))
                .body("machines", hasSize(1)).body("machines[0].host", is("127.0.0.1"))
                .body("machines[0].reservation_id", notNullValue()).body("reserved_until", matchesPattern(".*Z"))
                .body("reservation_password", matchesPattern("[A-Za-z0-9]{20}")).header("Cache-Control", "no-store");
        ApiFixture.with(alice).get("/requests/" + id).then().body("$", not(hasKey("reservation_password")))
                .body("history.event", hasItems("queued", "allocated", "account_made", "served"));
        ApiFixture.as("bob").get("/requests/" + bobs).then().body("state", is("ended")).body("machines", hasSize(3));
    }

    @Test
    void aWaitingCallIsAnsweredWhenTheStateChangesAndHoldsUpNobody() {
        int bobs = lendAll();
        int id = queue("{\"wait_minutes\":90}");
        List<CompletableFuture<Response>> waiting = IntStream.range(0, 30).mapToObj(i -> CompletableFuture.supplyAsync(
                () -> ApiFixture.with(alice).header("Prefer", "respond-async, wait=50").get("/requests/" + id),
                task -> Thread.ofVirtual().start(task))).toList();
        ApiFixture.with(alice).get("/requests/%d?wait=1".formatted(id)).then().statusCode(200)
                .body("state", is("queued"));
        ApiFixture.as("bob").delete("/requests/" + bobs).then().statusCode(200);
        assertThat(waiting).noneMatch(CompletableFuture::isDone);

        serve();

        assertThat(waiting.stream().map(answer -> answer.orTimeout(20, TimeUnit.SECONDS).join()
                .path("state").toString())).isSubsetOf("provisioning", "active");
    }

    @Test
    void aClientThatHasGoneWhileItWaitedDoesNotTakeThePasswordAlong() throws Exception {
        int bobs = lendAll();
        int id = queue("{\"wait_minutes\":90}");
        CompletableFuture<Response> other;
        try (Socket gone = new Socket("localhost", RestAssured.port)) {
            gone.getOutputStream()
                    .write("GET /requests/%d?wait=50 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
                            .formatted(id, alice).getBytes(StandardCharsets.US_ASCII));
            other = CompletableFuture.supplyAsync(
                    () -> ApiFixture.as("admin").get("/requests/%d?wait=50".formatted(id)),
                    task -> Thread.ofVirtual().start(task));
            ApiFixture.with(alice).get("/requests/%d?wait=1".formatted(id)).then().body("state", is("queued"));
        }
        ApiFixture.as("bob").delete("/requests/" + bobs).then().statusCode(200);
        serve();
        other.orTimeout(20, TimeUnit.SECONDS).join();

        ApiFixture.with(alice).get("/requests/%d?wait=20".formatted(id)).then().body("state", is("active"))
                .body("reservation_password", matchesPattern("[A-Za-z0-9]{20}"));
    }

    @Test
    void aCallThatWaitsIsAnsweredAtOnceWhenTheRequestIsActive() {
        int id = post(alice, "{\"wait_minutes\":90}").statusCode(201).extract().path("request_id");

        ApiFixture.with(alice).get("/requests/%d?wait=50".formatted(id)).then().statusCode(200)
                .body("state", is("active")).time(lessThan(20_000L));
    }

    @Test
    void aMachineThatFailedBeforeIsNoneOfTheRequest() {
        machines.fail("m1", Outcome.FAILED, "No room.");
        int id = post(alice, "{\"wait_minutes\":90}").statusCode(201).extract().path("request_id");
        ApiFixture.with(alice).get("/reservations?state=releasing").then().body("reservations.machine", contains("m1"));

        ApiFixture.with(alice).get("/requests/" + id).then().body("state", is("active"))
                .body("machines.machine", contains("m2")).body("history.machine", hasItems("m1", "m2"));
        machines.heal("m1");
        ApiFixture.with(alice).delete("/requests/" + id).then().statusCode(200);
        ApiFixture.with(alice).get("/requests/" + id).then().body("state", is("ended"))
                .body("machines.machine", contains("m2"));
    }

    @Test
    void aWaitIsZeroToSixtySeconds() {
        int id = post(alice, "{}").extract().path("request_id");
        for (String wait : List.of("-1", "61", "x", "")) {
            ApiFixture.with(alice).get("/requests/%d?wait=%s".formatted(id, wait)).then().statusCode(400)
                    .body("error", is("invalid_request"));
        }
        ApiFixture.with(alice).header("Prefer", "wait=soon").get("/requests/" + id).then().statusCode(200);
    }

    @Test
    void allMachinesOfARequestAreExtendedOrNone() {
        int id = post(alice, "{\"count\":2}").statusCode(201).body("state", is("active")).extract().path("request_id");

        json(ApiFixture.with(alice)).body("{\"extend_minutes\":30,\"note\":\"longer\"}").patch("/requests/" + id).then()
                .statusCode(200).body("note", is("longer"))
                .body("history.event", hasItems("extended", "extended"));
        for (String body : List.of("{}", "{\"extend_minutes\":0}", "{\"extend_minutes\":1000000}",
                "{\"extend_minutes\":5,\"reserved_until\":\"2099-01-01T00:00:00Z\"}",
                "{\"reserved_until\":\"2001-01-01T00:00:00Z\"}", "{\"note\":\"a\\nb\"}",
                "{\"note\":\"%s\"}".formatted("x".repeat(201)))) {
            json(ApiFixture.with(alice)).body(body).patch("/requests/" + id).then().statusCode(400)
                    .body("error", is("invalid_request"));
        }
        json(ApiFixture.with(alice)).body("{\"extend_minutes\":5,\"reserved_until\":\"2099-01-01T00:00:00Z\"}")
                .patch("/requests/" + id).then()
                .body("message", is("Give only one of these: extend_minutes, reserved_until."));
        json(ApiFixture.as("bob")).body("{\"note\":\"x\"}").patch("/requests/" + id).then().statusCode(403);
    }

    @Test
    void anEndBecomesEarlierOnlyWhenThatIsSaid() {
        int id = ApiFixture.reserve("alice");

        json(ApiFixture.with(alice)).body("{\"duration_minutes\":5}").patch("/reservations/" + id).then()
                .statusCode(409)
                .body("error", is("conflict")).body("reserved_until", matchesPattern(".*Z"));
        json(ApiFixture.with(alice)).body("{\"duration_minutes\":5,\"shorten\":true}").patch("/reservations/" + id)
                .then().statusCode(200).body("duration_minutes", is(5));
        json(ApiFixture.with(alice)).body("{\"extend_minutes\":10}").patch("/reservations/" + id).then().statusCode(200)
                .body("duration_minutes", is(15));
    }

    @Test
    void requestsAreListedToTheirOwnersAndToAdmins() {
        lendAll();
        int waiting = queue("{\"wait_minutes\":90}");

        ApiFixture.with(alice).get("/requests").then().statusCode(200).body("requests.request_id", contains(waiting));
        ApiFixture.as("admin").get("/requests?limit=1").then().header("X-Total-Count", "2")
                .body("requests.owner", contains("alice"));
        ApiFixture.as("admin").get("/requests?state=active&owner=bob").then().body("requests", hasSize(1));
        ApiFixture.with(alice).get("/requests?owner=bob").then().body("requests", hasSize(0));
        ApiFixture.with(alice).get("/requests?state=gone").then().statusCode(400);
    }

    @Test
    void aRequestLeavesTheQueueAndIsGoneThen() {
        lendAll();
        int id = queue("{\"wait_minutes\":90}");

        ApiFixture.with(alice).delete("/requests/" + id).then().statusCode(200);

        ApiFixture.with(alice).get("/requests/" + id).then().body("state", is("cancelled"))
                .body("reason", is("alice took it back."));
        ApiFixture.with(alice).delete("/requests/" + id).then().statusCode(410).body("error", is("gone"));
        ApiFixture.with(alice).post("/requests/%d/keepalive".formatted(id)).then().statusCode(410);
        ApiFixture.with(alice).get("/requests/999999").then().statusCode(404);
        ApiFixture.with(alice).get("/requests/first").then().statusCode(404).body("error", is("not_found"));
    }

    @Test
    void aRequestWithAKeepaliveTellsWhenItEnds() {
        int id = post(alice, "{\"keepalive_minutes\":5}").statusCode(201).extract().path("request_id");

        ApiFixture.with(alice).post("/requests/%d/keepalive".formatted(id)).then().statusCode(204);

        ApiFixture.with(alice).get("/requests/" + id).then().body("keepalive_minutes", is(5))
                .body("keepalive_until", matchesPattern(".*Z"));
    }

    @Test
    void whatCannotBeIsRefusedInWords() {
        for (String body : List.of("{\"wait_minutes\":-1}", "{\"wait_minutes\":1441}", "{\"keepalive_minutes\":1}",
                "{\"keepalive_minutes\":61}", "{\"machines\":[null]}", "{\"machines\":[]}",
                "{\"machines\":[\"m1\",\"m1\"]}",
                "{\"machines\":[\"a b\"]}", "{\"machines\":[\"m1\"],\"count\":2}", "{\"machines\":\"m1\"}",
                "{\"machines\":[\"m1\"],\"selector\":\"os=debian\"}", "{\"selector\":\"os in ()\"}",
                "{\"wait_minutes\":\"soon\"}")) {
            post(alice, body).statusCode(400).body("error", is("invalid_request"));
        }
        post(alice, "{\"selector\":\"os = = x\"}").statusCode(400).body("message", containsString("character"));
        post(alice, "{\"count\":4,\"wait_minutes\":5}").statusCode(409).body("error", is("no_matching_machines"))
                .body("matching", is(3));
        post(alice, "{\"machines\":[\"unknown\"]}").statusCode(409).body("error", is("no_matching_machines"))
                .body("message", endsWith("match."));
        post(alice, "{\"count\":4}").statusCode(409).body("error", is("not_enough_available"));
    }

    @Test
    void aNewPasswordIsSetOnAllMachinesOrOnNone() {
        int id = post(alice, "{\"count\":2}").statusCode(201).extract().path("request_id");
        String address = "/requests/%d/password".formatted(id);

        json(ApiFixture.with(alice)).body("{}").post(address).then().statusCode(200)
                .header("Cache-Control", "no-store").body("reservation_password", matchesPattern("[A-Za-z0-9]{20}"));
        json(ApiFixture.with(alice)).body("{\"reservation_password\":\"a given one\"}").post(address).then()
                .statusCode(200).body("$", not(hasKey("reservation_password")));
        json(ApiFixture.with(alice)).body("{\"reservation_password\":\"a\\nb\"}").post(address).then().statusCode(400);
        json(ApiFixture.as("admin")).body("{}").post(address).then().statusCode(403);
        machines.fail("m2", Outcome.UNREACHABLE, "connection refused");
        json(ApiFixture.with(alice)).body("{}").post(address).then().statusCode(502)
                .body("machines.m1", containsString("has the old one again"))
                .body("machines.m2", is("connection refused"));
        machines.heal("m2");
        json(ApiFixture.with(alice)).body("{}").post(address).then().statusCode(200);
    }

    @Test
    void theLinesForSshNameTheMachinesWithTheirHostKeys() {
        scene.change(() -> Machine.update("hostKeys = ?1",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"));
        int id = post(alice, "{\"username\":\"guest\"}").statusCode(201).extract().path("request_id");

        ApiFixture.with(alice).get("/requests/%d/ssh-config".formatted(id)).then().statusCode(200)
                .body("config", containsString("Host m1\n    HostName 127.0.0.1\n    Port 22\n    User guest\n"))
                .body("known_hosts", matchesPattern("(?s)m1 ssh-ed25519 .*"));
        ApiFixture.as("bob").get("/requests/%d/ssh-config".formatted(id)).then().statusCode(403);
    }

    @Test
    void exactlyTheNamedMachinesAreLent() {
        post(alice, "{\"machines\":[\"m3\",\"m2\"]}").statusCode(201).body("machines.machine", contains("m2", "m3"));
        post(alice, "{\"machines\":[\"m3\"]}").statusCode(409).body("error", is("not_enough_available"));
    }
}
