package io.machinemanager.api.reservation;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReservationResourceTest {

    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationService reservations;

    private String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        scene.machines("m1", "m2", "m3");
        alice = ApiFixture.tokenOf("alice");
    }

    private ValidatableResponse reserve(String query) {
        return ApiFixture.with(alice).urlEncodingEnabled(false).get("/reserve" + query).then();
    }

    private ValidatableResponse post(String body) {
        return json(ApiFixture.with(alice)).body(body).post("/reservations").then();
    }

    private ValidatableResponse move(int id, String body) {
        return json(ApiFixture.with(alice)).body(body).patch("/reservations/" + id).then();
    }

    private static RequestSpecification json(RequestSpecification request) {
        return request.contentType("application/json");
    }

    private static void expire() {
        Reservation.update("reservedUntil = createdAt");
    }

    @Test
    void reservingNeedsNothingButAToken() {
        reserve("").statusCode(200).header("Cache-Control", "no-store").body("username", is("alice"))
                .body("machines", hasSize(1)).body("machines[0].machine", is("m1"))
                .body("machines[0].host", is("127.0.0.1")).body("machines[0].port", is(22))
                .body("machines[0].reservation_id", greaterThan(0)).body("duration_minutes", is(60))
                .body("reserved_until", matchesPattern(".*Z")).body("reservation_password", matchesPattern("\\w{16,}"));
        assertThat(machines.allAccounts()).containsExactly("m1/alice");
    }

    @Test
    void aGivenPasswordIsEchoedOnlyWhereTheOriginalDidSo() {
        reserve("?count=2&duration=5&reservation_password=s3cret-word&username=guest").statusCode(200)
                .body("username", is("guest")).body("duration_minutes", is(5))
                .body("machines.machine", contains("m1", "m2")).body("reservation_password", is("s3cret-word"));
        reserve("?password=s3cret-word").statusCode(200).body("reservation_password", is("s3cret-word"));
    }

    @Test
    void theSameInABodyIsCreated() {
        post("{\"count\":2,\"duration_minutes\":5,\"reservation_password\":\"s3cret-word\",\"username\":\"guest\"}")
                .statusCode(201).header("Cache-Control", "no-store").body("username", is("guest"))
                .body("machines", hasSize(2)).body("duration_minutes", is(5))
                .body("$", not(hasKey("reservation_password")));
        post("{}").statusCode(201).body("reservation_password", matchesPattern("\\w{16,}"));
    }

    @Test
    void anSshKeyStandsInForThePassword() {
        int id = post("{\"ssh_public_key\":\"%s alice@home\\n\"}".formatted(KEY)).statusCode(201)
                .body("$", not(hasKey("reservation_password"))).extract().path("machines[0].reservation_id");
        scene.change(() -> {
            Reservation made = Reservation.findById((long) id);
            assertThat(made.sshPublicKey).isEqualTo(KEY);
            assertThat(made.passwordHash).as("no password lets anybody in").isEqualTo("*");
        });
        ApiFixture.with(alice).delete("/reservations/" + id).then().statusCode(200);
        scene.change(() -> assertThat(Reservation.<Reservation>findById((long) id).sshPublicKey).isNull());

        post("{\"reservation_password\":\"s3cret-word\",\"ssh_public_key\":\"%s\"}".formatted(KEY)).statusCode(201);
        scene.change(() -> assertThat(Reservation.<Reservation>find("sshPublicKey", KEY).firstResult().passwordHash)
                .startsWith("$6$"));
    }

    @Test
    void anSshKeyIsOneKeyWithoutOptions() {
        for (String key : List.of("", "x", "ssh-dss AAAA", "no-pty " + KEY, KEY + "\\n" + KEY, KEY.substring(0, 60))) {
            post("{\"ssh_public_key\":\"%s\"}".formatted(key)).statusCode(400).body("error", is("invalid_request"))
                    .body("fields", contains("ssh_public_key"));
        }
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void tooFewMachinesAreAConflictThatTellsHowManyThereAre() {
        reserve("?count=2").statusCode(200);
        reserve("?count=2").statusCode(409).body("error", is("not_enough_available")).body("available", is(1))
                .body("next_free_at", matchesPattern(".*Z"));
        reserve("?count=4").statusCode(409).body("$", not(hasKey("next_free_at")));
    }

    @Test
    void whatCannotBeReservedIsABadRequest() {
        for (String query : new String[]{"?count=0", "?count=-1", "?count=abc", "?count=", "?count=99999999999",
                "?count=1.5", "?count=1&count=2", "?duration=0", "?duration=10081", "?duration=x", "?username=root",
                "?username=A", "?username=a%00b", "?username=a%0ab", "?password=", "?password=a%0ab",
                "?reservation_password=" + "x".repeat(129) }) {
            reserve(query).statusCode(400).body("error", is("invalid_request"));
        }
        for (String body : new String[]{"{\"count\":0}", "{\"count\":\"x\"}", "{\"count\":1.5}", "{\"username\":7}",
                "{\"duration_minutes\":0}", "[]", "" }) {
            post(body).statusCode(400).body("error", is("invalid_request"));
        }
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void theOriginalsLineWorksForItsAdmin() {
        ApiFixture.as("admin").get("/reserve?count=2&duration=60&reservation_password=test").then().statusCode(200)
                .body("username", is("admin")).body("machines", hasSize(2)).body("reservation_password", is("test"));
    }

    @Test
    void anEmptyUsernameIsNone() {
        reserve("?username=").statusCode(200).body("username", is("alice"));
        post("{\"username\":\"\"}").statusCode(201).body("username", is("alice"));
    }

    @Test
    void aNameThatIsNoAccountNameIsMadeOne() {
        ApiFixture.as("admin").contentType("application/json")
                .body("{\"username\":\"Bob@example.com\",\"password\":\"the Bob@example.com's password\"}")
                .post("/users").then()
                .statusCode(201);
        ApiFixture.with(ApiFixture.tokenOf("Bob@example.com")).get("/reserve").then().statusCode(200)
                .body("username", is("bob-example-com"));
        assertThat(machines.allAccounts()).containsExactly("m1/bob-example-com");
        ApiFixture.as("admin").delete("/users/Bob@example.com").then().statusCode(200);
    }

    @Test
    void anAccountThatExistsIsAConflictAndStays() {
        List<String> names = ApiFixture.as("alice").get("/machines").path("name");
        names.forEach(name -> machines.addForeignAccount(name, "alice"));
        reserve("").statusCode(409).body("error", is("conflict")).body("message",
                containsString("m1: The name exists."));
        assertThat(machines.accountsOn("m1")).containsExactly("alice");
        assertThat(scene.states()).isNotEmpty().allMatch(state -> state.endsWith("RELEASED"));
    }

    @Test
    void machinesThatAllFailAreNamedWithTheirReasons() {
        for (String machine : new String[]{"m1", "m2", "m3" }) {
            machines.fail(machine, Outcome.UNREACHABLE, "connection refused");
        }
        reserve("").statusCode(502).body("error", is("provisioning_failed"))
                .body("machines.m1", is("connection refused"));
    }

    @Test
    void aHeadReservesAndReleasesNothing() {
        reserve("");
        ApiFixture.with(alice).head("/reserve").then().statusCode(405).header("Allow", containsString("GET"));
        ApiFixture.as("admin").head("/release_all").then().statusCode(405);
        assertThat(machines.allAccounts()).hasSize(1);
    }

    @Test
    void theSameKeyReservesOnce() {
        String first = withKey("k1", "{\"count\":1}").statusCode(201).extract().asString();

        withKey("k1", "{\"count\":1}").statusCode(201).body(equalTo(first));
        withKey("k1", "{\"count\":2}").statusCode(409).body("error", is("conflict"));
        withKey("k2", "{\"count\":1}").statusCode(201).body(not(equalTo(first)));
        withKey("", "{}").statusCode(400);
        withKey("x".repeat(256), "{}").statusCode(400).body("message", containsString("Idempotency-Key"));
        assertThat(machines.allAccounts()).hasSize(2);
    }

    private ValidatableResponse withKey(String key, String body) {
        return json(ApiFixture.with(alice)).header("Idempotency-Key", key).body(body).post("/reservations").then();
    }

    @Test
    void liveReservationsAreListedByMachine() {
        reserve("?count=2&username=guest").statusCode(200);
        ApiFixture.as("bob").get("/reserve").then().statusCode(200);

        ApiFixture.with(alice).get("/reservations").then().statusCode(200).body("reservations", hasSize(3))
                .body("reservations.machine", contains("m1", "m2", "m3"))
                .body("reservations.username", contains("guest", "guest", "bob"))
                .body("reservations.owner", contains("alice", "alice", "bob"))
                .body("reservations[0].state", is("active")).body("reservations[0].host", is("127.0.0.1"))
                .body("reservations[0].port", is(22)).body("reservations[0].reserved_until", matchesPattern(".*Z"))
                .body("reservations[0].seconds_remaining", lessThanOrEqualTo(3600))
                .body("reservations[0].seconds_remaining", greaterThan(3500));
        ApiFixture.with(alice).get("/reservations?limit=1&offset=2").then().header("X-Total-Count", "3")
                .body("reservations.machine", contains("m3"));

        scene.change(ReservationResourceTest::expire);
        ApiFixture.with(alice).get("/reservations").then().body("reservations[0].seconds_remaining", is(0));
    }

    @Test
    void whatIsNotCleanYetSaysSinceWhenAndWhyToAdminsAndToItsOwner() {
        int id = ApiFixture.reserve("alice");
        ApiFixture.reserve("bob");
        String admin = ApiFixture.tokenOf("admin");
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");
        ApiFixture.with(alice).get("/reservations?state=releasing").then().statusCode(200).body("reservations",
                hasSize(0));
        ApiFixture.with(alice).delete("/reservations/" + id).then().statusCode(202);

        for (String who : new String[]{alice, admin }) {
            ApiFixture.with(who).get("/reservations?state=releasing").then().statusCode(200)
                    .body("reservations", hasSize(1)).body("reservations[0].machine", is("m1"))
                    .body("reservations[0].state", is("releasing"))
                    .body("reservations[0].seconds_remaining", notNullValue())
                    .body("reservations[0].release_cause", is("given_back"))
                    .body("reservations[0].failed_removals", is(1))
                    .body("reservations[0].last_error", is("connection refused"))
                    .body("reservations[0].releasing_since", matchesPattern(".*Z"))
                    .body("reservations[0].next_attempt_at", matchesPattern(".*Z"))
                    .body("reservations[0]", not(hasKey("not_clean")));
        }
        ApiFixture.as("bob").get("/reservations?state=releasing").then().body("reservations", hasSize(0));
        ApiFixture.as("bob").get("/reservations?state=active").then().body("reservations.machine", contains("m2"))
                .body("reservations[0]", not(hasKey("releasing_since")));
        ApiFixture.with(admin).get("/reservations?state=releasing&limit=1&offset=1").then()
                .header("X-Total-Count", "1").body("reservations", hasSize(0));
        ApiFixture.as("bob").get("/reservations").then().body("reservations.machine", contains("m1", "m2"))
                .body("reservations[0]", not(hasKey("last_error")))
                .body("reservations[0]", not(hasKey("release_cause")));
    }

    @Test
    void aStateThatCannotBeAskedForIsABadRequestThatNamesThoseThatCan() {
        for (String state : new String[]{"", "released", "RELEASING", "x%0a", "active&state=active" }) {
            ApiFixture.with(alice).urlEncodingEnabled(false).get("/reservations?state=" + state).then().statusCode(400)
                    .body("error", is("invalid_request"));
        }
        ApiFixture.with(alice).get("/reservations?state=gone").then()
                .body("message", containsString("provisioning, active, releasing"));
    }

    @Test
    void aReservationIsShownWithItsHistoryToItsOwnerAndToAdmins() {
        int id = ApiFixture.reserve("alice");

        ApiFixture.with(alice).get("/reservations/" + id).then().statusCode(200).body("state", is("active"))
                .body("history.event", contains("requested", "allocated", "account_made"))
                .body("history.at", everyItem(matchesPattern(".*Z")));
        ApiFixture.as("admin").get("/reservations/" + id).then().statusCode(200);
        ApiFixture.as("bob").get("/reservations/" + id).then().statusCode(403).body("error", is("forbidden"));
        ApiFixture.as("bob").delete("/reservations/" + id).then().statusCode(403);
        json(ApiFixture.as("bob")).body("{\"duration_minutes\":5}").patch("/reservations/" + id).then().statusCode(403);
        ApiFixture.with(alice).get("/reservations/999999").then().statusCode(404);
        ApiFixture.with(alice).get("/reservations/first").then().statusCode(404).body("error", is("not_found"));
        ApiFixture.with(alice).get("/reservations/" + inArabicDigits(id)).then().statusCode(404);
        ApiFixture.with(alice).get("/reservations/+" + id).then().statusCode(404);
    }

    private static String inArabicDigits(int number) {
        return String.valueOf(number).chars().mapToObj(digit -> Character.toString(digit - '0' + '\u0660'))
                .collect(joining());
    }

    @Test
    void whatIsGivenBackIsFreeAgain() {
        int id = ApiFixture.reserve("alice");

        ApiFixture.with(alice).delete("/reservations/" + id).then().statusCode(200).body("message", is("released"));

        assertThat(machines.allAccounts()).isEmpty();
        ApiFixture.with(alice).get("/available").then().body("available", contains("m1", "m2", "m3"));
        ApiFixture.with(alice).get("/reservations/" + id).then().body("state", is("released"))
                .body("release_cause", is("given_back")).body("seconds_remaining", is(0))
                .body("history.event",
                        contains("requested", "allocated", "account_made", "release_started", "verified_gone"));
        ApiFixture.with(alice).delete("/reservations/" + id).then().statusCode(404);
    }

    @Test
    void theHistoryOfAnExpiryShowsEachTryToRemoveTheAccount() {
        int id = ApiFixture.reserve("alice");
        scene.change(ReservationResourceTest::expire);
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");

        Scheduled.cleanUp(reservations, 10);

        ApiFixture.with(alice).get("/reservations/" + id).then().body("state", is("releasing"))
                .body("release_cause", is("expired")).body("failed_removals", is(1))
                .body("history.event",
                        contains("requested", "allocated", "account_made", "release_started", "removal_failed"))
                .body("history[3].detail", is("EXPIRED")).body("history[4].detail", is("connection refused"));

        machines.heal("m1");
        scene.change(() -> Reservation.update("nextAttemptAt = createdAt"));
        Scheduled.cleanUp(reservations, 10);

        ApiFixture.with(alice).get("/reservations/" + id).then().body("state", is("released"))
                .body("history.event", contains("requested", "allocated", "account_made", "release_started",
                        "removal_failed", "verified_gone"));
    }

    @Test
    void theHistoryShowsATryWhoseWorkerDied() {
        int id = ApiFixture.reserve("alice");
        scene.change(() -> {
            expire();
            Reservation row = Reservation.findById((long) id);
            row.startReleasing(ReleaseCause.EXPIRED, row.createdAt);
            row.claim(UUID.randomUUID(), row.createdAt);
        });

        Scheduled.cleanUp(reservations, 10);

        ApiFixture.with(alice).get("/reservations/" + id).then().body("state", is("released"))
                .body("history.event", contains("requested", "allocated", "account_made", "removal_taken_over",
                        "verified_gone"));
    }

    @Test
    void theEndCanBeMovedWithinTheMaximum() {
        int id = ApiFixture.reserve("alice");

        move(id, "{\"duration_minutes\":120}").statusCode(200).body("duration_minutes", is(120))
                .body("seconds_remaining", greaterThan(7100));
        Instant earlier = Instant.now().plusSeconds(600);
        move(id, "{\"reserved_until\":\"%s\"}".formatted(earlier)).statusCode(200)
                .body("seconds_remaining", lessThanOrEqualTo(600));
        move(id, "{\"duration_minutes\":10081}").statusCode(400);
        move(id, "{\"duration_minutes\":0}").statusCode(400);
        move(id, "{\"reserved_until\":\"2001-01-01T00:00:00Z\"}").statusCode(400);
        for (String noTime : List.of("", "  ")) {
            move(id, "{\"duration_minutes\":5,\"reserved_until\":\"%s\"}".formatted(noTime)).statusCode(400)
                    .body("message", containsString("reserved_until"));
        }
        move(id, "{\"reserved_until\":\"tomorrow\"}").statusCode(400).body("message", containsString("reserved_until"));
        move(id, "{}").statusCode(400);
        move(id, "{\"duration_minutes\":5,\"reserved_until\":\"2099-01-01T00:00:00Z\"}").statusCode(400);
    }

    @Test
    void anExtensionThatComesTooLateIsAConflict() {
        int id = ApiFixture.reserve("alice");
        scene.change(ReservationResourceTest::expire);

        move(id, "{\"duration_minutes\":120}").statusCode(409).body("error", is("conflict"));
    }

    @Test
    void releaseAllTellsTheTruth() {
        reserve("?count=2").statusCode(200);
        machines.fail("m2", Outcome.UNREACHABLE, "connection refused");
        String admin = ApiFixture.tokenOf("admin");

        ApiFixture.with(alice).get("/release_all").then().statusCode(403);
        ApiFixture.with(admin).get("/release_all").then().statusCode(200).body("released", is(1))
                .body("pending", contains("m2")).body("message", not(is("All machines released")));
        machines.heal("m2");
        ApiFixture.with(admin).post("/release_all").then().statusCode(200).body("message", is("All machines released"))
                .body("released", is(1)).body("pending", hasSize(0));
        ApiFixture.with(admin).get("/release_all").then().statusCode(200).body("message", is("No machines to release."))
                .body("released", is(0));
    }
}
