package io.machinemanager.api.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReservationReleaseTest extends ReservationApiTestBase {

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
