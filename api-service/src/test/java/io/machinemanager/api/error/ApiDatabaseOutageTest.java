package io.machinemanager.api.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.aMapWithSize;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;

import java.time.Duration;
import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;

/** What clients see while MariaDB is away, and afterwards. */
@QuarkusTest
@WithTestResource(ReadOnlyDatabaseTest.MindedDatabase.class)
@TestProfile(ApiDatabaseOutageTest.Impatient.class)
class ApiDatabaseOutageTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public static class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "1500");
        }
    }

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines machines;

    MariaDb database;

    private String alice;
    private int reservation;

    @BeforeEach
    void oneReservation() {
        scene.reset();
        scene.machines("m1", "m2");
        alice = ApiFixture.tokenOf("alice");
        reservation = ApiFixture.reserve("alice");
    }

    private Response login() {
        return RestAssured.given().contentType("application/json")
                .body(Map.of("username", "alice", "password", ApiFixture.passwordOf("alice"))).post("/login");
    }

    private static void assertUnavailable(Response answer) {
        answer.then().statusCode(503).header("Retry-After", matchesPattern("[1-9][0-9]*"))
                .body("$", aMapWithSize(2)).body("error", is("unavailable")).body("message", endsWith("."));
    }

    private void assertEverythingIsUnavailable() {
        assertUnavailable(login());
        assertUnavailable(ApiFixture.with(alice).get("/machines"));
        assertUnavailable(ApiFixture.with(alice).get("/reserve"));
        assertUnavailable(ApiFixture.with(alice).contentType("application/json").body("{}").post("/reservations"));
        assertUnavailable(ApiFixture.with(alice).get("/reservations/" + reservation));
        assertUnavailable(ApiFixture.with(alice).delete("/reservations/" + reservation));
        RestAssured.get("/healthz").then().statusCode(200);
        RestAssured.get("/nowhere").then().statusCode(404);
    }

    private void assertEverythingWorksAgain() {
        await().atMost(PATIENCE).until(() -> ApiFixture.with(alice).get("/machines").statusCode() == 200);
        login().then().statusCode(200);
        assertThat(machines.allAccounts()).as("made while the database was away").containsExactly("m1/alice");
        ApiFixture.with(alice).get("/reservations").then().body("reservations", hasSize(1));
        ApiFixture.with(alice).delete("/reservations/" + reservation).then().statusCode(200);
        ApiFixture.with(alice).get("/reserve?count=2").then().statusCode(200);
    }

    @Test
    void aStoppedDatabaseIsA503InTheOneErrorShapeUntilItIsBack() {
        database.stop();
        try {
            assertEverythingIsUnavailable();
        } finally {
            database.resume();
        }
        assertEverythingWorksAgain();
    }

    @Test
    @Tag("deep")
    void aFrozenDatabaseIsA503InTheOneErrorShapeUntilItGoesOn() {
        database.freeze();
        try {
            assertEverythingIsUnavailable();
        } finally {
            database.thaw();
        }
        assertEverythingWorksAgain();
    }
}
