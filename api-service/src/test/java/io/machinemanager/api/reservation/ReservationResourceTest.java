package io.machinemanager.api.reservation;

import static java.util.stream.Collectors.joining;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
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

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReservationResourceTest extends ReservationApiTestBase {

    @Inject
    ReservationService reservations;

    private ValidatableResponse move(int id, String body) {
        return json(ApiFixture.with(alice)).body(body).patch("/reservations/" + id).then();
    }

    private static void expire() {
        Reservation.update("reservedUntil = createdAt");
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
}
