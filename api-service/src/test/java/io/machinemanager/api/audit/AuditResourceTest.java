package io.machinemanager.api.audit;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class AuditResourceTest {

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines machines;

    MariaDb database;

    private String admin;

    @BeforeEach
    void setUp() {
        scene.reset();
        admin = ApiFixture.tokenOf("admin");
        // triggers keep entries from being deleted one by one
        database.query("truncate machine_manager.audit_entries");
    }

    private ValidatableResponse audit(String query) {
        return ApiFixture.with(admin).get("/audit" + query).then().statusCode(200);
    }

    @Test
    void whatAnAdminDoesToUsersIsWrittenDownWithoutPasswords() {
        ApiFixture.with(admin).contentType("application/json")
                .body(Map.of("username", "carol", "password", "a secret of carol")).post("/users").then()
                .statusCode(201);
        ApiFixture.with(admin).contentType("application/json").body(Map.of("password", "another of carol"))
                .patch("/users/carol").then().statusCode(200);
        ApiFixture.with(admin).delete("/users/carol").then().statusCode(200);

        String all = audit("?target=carol").body("action", contains("user_deleted", "user_changed", "user_created"))
                .body("actor", everyItem(is("admin"))).body("address", everyItem(is("127.0.0.1")))
                .body("outcome", everyItem(is("done"))).extract().asString();
        assertThat(all).doesNotContain("of carol");
    }

    @Test
    void whoIsToldThatSomethingMayNotBeDoneIsWrittenDownWithoutTheQuery() {
        ApiFixture.with(newUser("curious")).get("/users?password=a-secret").then().statusCode(403);

        await().untilAsserted(() -> audit("?action=access_denied").body("actor", contains("curious"))
                .body("address", contains("127.0.0.1")).body("outcome", contains("refused"))
                .body("detail", contains("GET /users")));
    }

    @Test
    void whatIsRefusedAgainAndAgainIsWrittenDownOnce() {
        String token = newUser("stubborn");
        for (int i = 0; i < 5; i++) {
            ApiFixture.with(token).get("/users/again").then().statusCode(403);
        }
        ApiFixture.with(token).get("/users/else").then().statusCode(403);

        await().untilAsserted(() -> audit("?action=access_denied&actor=stubborn").body("detail",
                containsInAnyOrder("GET /users/again", "GET /users/else")));
    }

    /** A token of a user of whom no other test has had calls refused a moment ago. */
    private String newUser(String name) {
        ApiFixture.with(admin).contentType("application/json")
                .body(Map.of("username", name, "password", ApiFixture.passwordOf(name))).post("/users").then()
                .statusCode(201);
        return ApiFixture.tokenOf(name);
    }

    @Test
    void whatAnAdminDoesToMachinesIsWrittenDownWithoutPasswords() {
        ApiFixture.with(admin).contentType("application/json")
                .body(Map.of("name", "m1", "host", "127.0.0.1", "port", 1, "user", "root", "password",
                        "a secret of m1"))
                .post("/machines").then().statusCode(201);
        ApiFixture.with(admin).contentType("application/json").body(Map.of("password", "another of m1"))
                .patch("/machines/m1").then().statusCode(200);
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(200);

        String all = audit("?target=m1")
                .body("action", contains("machine_deleted", "machine_changed", "machine_registered"))
                .extract().asString();
        assertThat(all).contains("log-in by a password").doesNotContain("of m1");
    }

    @Test
    void whoHadAMachineFromWhenToWhenIsWrittenDown() {
        scene.machines("m1");
        int id = ApiFixture.reserve("alice");
        ApiFixture.as("alice").contentType("application/json").body(Map.of("duration_minutes", 120))
                .patch("/reservations/" + id).then().statusCode(200);
        ApiFixture.as("alice").delete("/reservations/" + id).then().statusCode(200);

        audit("?target=m1&actor=alice")
                .body("action", contains("reservation_ended", "reservation_extended", "reserved"))
                .body("detail[0]", is("reservation %d of alice: GIVEN_BACK".formatted(id)))
                .body("detail[2]", startsWith("reservation %d of alice: account alice until".formatted(id)));
    }

    @Test
    void takingEverythingBackIsWrittenDownForEachMachineAndAsAWhole() {
        scene.machines("m1");
        ApiFixture.reserve("alice");

        ApiFixture.with(admin).post("/release_all").then().statusCode(200);

        audit("?actor=admin").body("action", contains("all_released", "reservation_ended"))
                .body("detail[0]", is("1 reservations"));
    }

    @Test
    void logInsAreWrittenDownAndANameThatIsNobodysIsNot() {
        ApiFixture.tokenOf("alice");
        logIn("alice", "wrong");
        logIn("my password in the wrong field", "x");

        audit("?action=logged_in").body("outcome", contains("refused", "refused", "done"))
                .body("target", contains(null, "alice", "alice")).body("actor", contains(null, null, "alice"));
        audit("").body("detail", not(hasItem(startsWith("my password"))));
    }

    private static void logIn(String name, String password) {
        given().contentType("application/json").body(Map.of("username", name, "password", password)).post("/login")
                .then().statusCode(401);
    }

    @Test
    void whatAUserDoesWithTokensAndKeysIsWrittenDown() {
        Map<String, String> tokens = post(given(), "/login", Map.of("username", "alice", "password",
                ApiFixture.passwordOf("alice"), "refresh", true)).statusCode(200).extract().jsonPath().getMap("");
        post(given(), "/token/refresh", Map.of("refresh_token", tokens.get("refresh_token"))).statusCode(200);
        post(given(), "/token/refresh", Map.of("refresh_token", tokens.get("refresh_token"))).statusCode(200);
        database.query("update machine_manager.refresh_tokens set used_at = used_at - interval 30 second");
        post(given(), "/token/refresh", Map.of("refresh_token", tokens.get("refresh_token"))).statusCode(401);
        post(ApiFixture.as("alice"), "/whoami/api-keys", Map.of("name", "ci")).statusCode(201);
        ApiFixture.as("alice").delete("/whoami/api-keys/ci").then().statusCode(200);
        ApiFixture.as("alice").post("/logout").then().statusCode(200);
        changePassword("wrong", 403);
        changePassword(ApiFixture.passwordOf("alice"), 200);

        audit("?action=token_refreshed").body("outcome", contains("refused", "done", "done"))
                .body("target", contains("alice", "alice", "alice")).body("actor", contains(null, "alice", "alice"));
        audit("?action=api_key_created").body("actor", contains("alice")).body("target", contains("ci"))
                .body("detail", contains(startsWith("of alice, as a user, until ")));
        audit("?action=api_key_revoked").body("actor", contains("alice")).body("target", contains("ci"))
                .body("detail", contains("of alice"));
        audit("?action=logged_out").body("actor", contains("alice")).body("target", contains("alice"));
        String all = audit("?action=password_changed").body("outcome", contains("done", "refused"))
                .body("target", contains("alice", "alice")).body("actor", contains("alice", null)).extract().asString();
        assertThat(all).doesNotContain("secret").doesNotContain(ApiFixture.passwordOf("alice"));
        audit("").body("address", everyItem(is("127.0.0.1")));
    }

    private static ValidatableResponse post(RequestSpecification caller, String path, Map<String, ?> body) {
        return caller.contentType("application/json").body(body).post(path).then();
    }

    private static void changePassword(String current, int status) {
        ApiFixture.as("alice").contentType("application/json")
                .body(Map.of("current_password", current, "new_password", "another secret of alice"))
                .put("/whoami/password").then().statusCode(status);
    }

    @Test
    void tryingToLeaveNoAdminIsWrittenDown() {
        ApiFixture.with(admin).delete("/users/admin").then().statusCode(409);
        ApiFixture.with(admin).contentType("application/json").body(Map.of("is_admin", false)).patch("/users/admin")
                .then()
                .statusCode(409);

        audit("?target=admin&outcome=refused").body("action", contains("user_changed", "user_deleted"))
                .body("actor", contains("admin", "admin")).body("address", everyItem(is("127.0.0.1")))
                .body("detail", everyItem(startsWith("admin is the last admin")));
    }

    @Test
    void aReservationThatFailedIsWrittenDownWithWhoWantedItAndFromWhere() {
        scene.machines("m1");
        machines.fail("m1", Outcome.FAILED, "No room.");
        String key = post(ApiFixture.as("alice"), "/whoami/api-keys", Map.of("name", "ci")).statusCode(201).extract()
                .path("api_key");

        ApiFixture.with(key).get("/reserve").then().statusCode(502);

        audit("?action=reserved").body("outcome", contains("failed")).body("actor", contains("alice"))
                .body("api_key", contains("ci")).body("address", contains("127.0.0.1"))
                .body("target", contains("m1")).body("detail", contains(endsWith("of alice: No room.")));
    }

    @Test
    void onlyATrustedProxyMayTellTheClientsAddress() throws IOException {
        logInFrom("127.0.0.1", "203.0.113.7");
        audit("?address=203.0.113.7").body("action", contains("logged_in"));

        // not in TRUSTED_PROXIES
        logInFrom("127.0.0.2", "203.0.113.8");
        audit("?address=203.0.113.8").body("", empty());
        audit("?address=127.0.0.2").body("", hasSize(1));

        // what the client wrote itself stands left of what the proxy has added
        logInFrom("127.0.0.1", "203.0.113.9, 203.0.113.10");
        audit("?address=203.0.113.9").body("", empty());
        audit("?address=203.0.113.10").body("", hasSize(1));
        logInFrom("127.0.0.1", "203.0.113.11\r\nX-Forwarded-For: 203.0.113.12\r\nForwarded: for=203.0.113.13");
        audit("?address=203.0.113.12").body("", hasSize(1));
        logInFrom("127.0.0.1", ":80");

        logInFrom("127.0.0.1", "alice\\\\\\\"");
        audit("?address=alice").body("", empty());
    }

    private static void logInFrom(String source, String forwardedFor) throws IOException {
        String body = "{\"username\":\"alice\",\"password\":\"wrong\"}";
        try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), RestAssured.port,
                InetAddress.getByName(source), 0)) {
            socket.getOutputStream().write(("POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + "Content-Type: application/json\r\nX-Forwarded-For: " + forwardedFor + "\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 401");
        }
    }

    @Test
    void entriesAreFoundByTimeOutcomeAndInParts() {
        logIn("alice", "wrong");
        ApiFixture.tokenOf("bob");

        audit("?outcome=refused").body("target", contains("alice"));
        audit("?limit=1&offset=1").body("target", contains("alice"));
        audit("?since=" + Instant.now().plusSeconds(600)).body("", empty());
        audit("?until=" + Instant.now().minusSeconds(600)).body("", empty());
        audit("?since=" + Instant.now().minusSeconds(600)).body("target", contains("bob", "alice"));
    }

    @Test
    void manyEntriesOfOneInstantAreReadInPartsWithoutALoss() {
        database.query("insert into machine_manager.audit_entries (happened_at, action, target, outcome)"
                + " select '2030-01-31 12:00:00', 'LOGGED_IN', concat('t', seq), 'DONE'"
                + " from machine_manager.seq_1_to_25");
        List<Integer> seen = new ArrayList<>();
        String before = "";
        for (List<Integer> part = ids(before); !part.isEmpty(); part = ids(before)) {
            assertThat(part).hasSizeLessThanOrEqualTo(10);
            seen.addAll(part);
            logIn("alice", "wrong");
            before = "&before=" + part.getLast();
        }

        assertThat(seen).hasSize(25).isSortedAccordingTo(Comparator.reverseOrder()).doesNotHaveDuplicates();
    }

    private List<Integer> ids(String more) {
        return audit("?limit=10&outcome=done" + more).extract().path("id");
    }

    @Test
    void aQueryThatMakesNoSenseIsRefused() {
        for (String query : new String[]{"action=nope", "action=LOGGED_IN", "outcome=1", "since=yesterday", "limit=0",
                "limit=1001", "offset=-1", "before=-1", "before=x", "before=1234567890123456789", "before=\u0661",
                "actor=a&actor=b" }) {
            ApiFixture.with(admin).get("/audit?" + query).then().statusCode(400).body("error", is("invalid_request"));
        }
    }

    @Test
    void onlyAdminsMayLook() {
        given().get("/audit").then().statusCode(401);
        ApiFixture.as("alice").get("/audit").then().statusCode(403);
    }
}
