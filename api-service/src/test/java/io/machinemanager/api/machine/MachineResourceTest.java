package io.machinemanager.api.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class MachineResourceTest extends MachineApiTestBase {

    @Test
    void onlyAdminsRegisterChangeAndDelete() {
        scene.machines("m1");
        ApiFixture.with(alice).contentType("application/json").body(machine("m2")).post("/machines").then()
                .statusCode(403);
        ApiFixture.with(alice).contentType("application/json").body("{\"enabled\":false}").patch("/machines/m1").then()
                .statusCode(403);
        ApiFixture.with(alice).delete("/machines/m1").then().statusCode(403).body("error", is("forbidden"));
        get(alice, "/machines/m1").body("name", is("m1"));
        ApiFixture.with(alice).get("/machines/m2").then().statusCode(404).body("error", is("not_found"));
    }

    @Test
    void aReservedMachineTellsByWhomAndUntilWhen() {
        scene.machines("m1", "m2");
        get(alice, "/reserve?username=guest");

        get(alice, "/machines").body("[0].reserved", is(true)).body("[0].reserved_by", is("alice"))
                .body("[0].reserved_until", containsString("Z")).body("[0].state", is("reserved"))
                .body("[1].reserved", is(false));
        get(alice, "/available").body("available", contains("m2")).body("reserved", contains("m1"))
                .body("unavailable.size()", is(0));
    }

    @Test
    void aMachineIsNotDeletedWhileItIsReservedOrBeingCleaned() {
        scene.machines("m1");
        int reservation = ApiFixture.reserve("alice");
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(409).body("message",
                containsString("reserved"));

        fakes.fail("m1", Outcome.UNREACHABLE, "connection refused");
        ApiFixture.with(alice).delete("/reservations/" + reservation).then().statusCode(202)
                .body("pending", contains("m1"));
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(409).body("message", containsString("cleaned"));
        get(admin, "/machines/m1").body("state", is("cleaning")).body("reserved", is(true))
                .body("reason", is("connection refused"));
        get(alice, "/machines/m1").body("$", not(hasKey("reason")));

        fakes.heal("m1");
        ApiFixture.with(alice).delete("/reservations/" + reservation).then().statusCode(200);
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(200).body("message", is("deleted"));
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(404);
        get(admin, "/reservations/" + reservation).body("machine", is("m1")).body("host", nullValue());
    }

    @Test
    void aDisabledMachineIsNotLentAndAdminsSeeWhy() {
        scene.machines("m1", "m2");
        change("m1", "{\"enabled\":false}").statusCode(200).body("state", is("disabled")).body("enabled", is(false));
        scene.change(() -> {
            Machine m2 = Machine.byName("m2").orElseThrow();
            m2.failed(UnavailableCause.UNREACHABLE, "no answer", m2.createdAt.plus(Duration.ofHours(1)));
        });

        get(alice, "/available").body("available.size()", is(0)).body("unavailable", contains("m1", "m2"));
        get(admin, "/available").body("unavailable.name", contains("m1", "m2"))
                .body("unavailable[1].reason", is("no answer"));
        ApiFixture.with(alice).get("/reserve").then().statusCode(409).body("error", is("not_enough_available"))
                .body("available", is(0));

        change("m1", "{\"enabled\":true}").statusCode(200).body("state", is("free"));
        change("m2", "{\"password\":\"another\"}").statusCode(200).body("state", is("free"));
    }

    @Test
    void aMachineWithAStrayAccountIsUnavailableForThatReasonAndNoChangeLetsItIn() {
        scene.machines("m1");
        scene.change(() -> Machine.byName("m1").orElseThrow().strayReason = "The account ghost is on it.");
        change("m1", "{\"enabled\":true}").statusCode(200).body("state", is("unavailable"))
                .body("reason", is("The account ghost is on it."));

        fakes.addStrayAccount("m1", "ghost");
        fakes.fail("m1", Action.REMOVE, Outcome.FAILED, "userdel: busy");
        change("m1", "{\"password\":\"another\",\"enabled\":true}").statusCode(200).body("state", is("unavailable"))
                .body("reason", containsString("The account ghost is on it"));
        get(alice, "/available").body("available.size()", is(0)).body("unavailable", contains("m1"));
        get(admin, "/available").body("unavailable[0].reason", containsString("The account ghost is on it"));
        ApiFixture.with(alice).get("/reserve").then().statusCode(409).body("error", is("not_enough_available"));
    }

    @Test
    void aMachineThatIsLentDoesNotMove() {
        scene.machines("m1");
        ApiFixture.reserve("alice");

        change("m1", "{\"host\":\"127.0.0.2\"}").statusCode(409).body("error", is("conflict"));
        change("m1", "{\"port\":23}").statusCode(409);
        change("m1", "{\"host\":\"127.0.0.1\",\"port\":22,\"user\":\"ops\",\"password\":\"new\",\"enabled\":false}")
                .statusCode(200).body("user", is("ops")).body("state", is("reserved"));
    }

    @Test
    void aMachineThatMovesShowsItsHostKeysAnew() {
        scene.machines("m1");
        change("m1", "{\"user\":\"ops\"}").statusCode(200);
        assertThat(stored("m1").hostKeys).isNotNull();

        change("m1", "{\"port\":1,\"password\":\"root's password\"}").statusCode(200).body("port", is(1));
        assertThat(stored("m1").hostKeys).isNull();
    }

    @Test
    void aChangeIsCheckedLikeARegistration() {
        scene.machines("m1");
        change("m1", "{}").statusCode(400);
        change("m1", "{\"host\":\"a b\",\"port\":0}").statusCode(400).body("fields", contains("host", "port"));
        change("m2", "{\"port\":22}").statusCode(404);
    }

    @Test
    void theListComesInPartsIfAskedFor() {
        scene.machines("m3", "m1", "m2");
        get(alice, "/machines").body("name", contains("m1", "m2", "m3"));
        ApiFixture.with(alice).get("/machines?limit=2&offset=1").then().statusCode(200)
                .body("name", contains("m2", "m3"))
                .header("X-Total-Count", "3");
    }

    @Test
    void aMachineThatWasNeverReachedIsChangedAndDeletedAtAnyTime() {
        register(machine("m1", Map.of("host", "nonexist.invalid"))).statusCode(201).body("state", is("unavailable"))
                .body("reason", containsString("No log-in there has worked yet"));
        ApiFixture.with(alice).get("/reserve").then().statusCode(409).body("error", is("not_enough_available"));

        change("m1", Map.of("host", "nonexist2.invalid", "password", "x")).statusCode(200);
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(200).body("message", is("deleted"))
                .body("$", not(hasKey("left_behind")));
    }

    @Test
    void aMachineThatDiedForGoodIsDeletedByForceAndTheAnswerSaysWhatMayBeLeft() {
        scene.machines("m1");
        int reservation = ApiFixture.reserve("alice");
        fakes.fail("m1", Outcome.UNREACHABLE, "no answer");
        ApiFixture.with(alice).delete("/reservations/" + reservation).then().statusCode(202);

        ApiFixture.with(admin).delete("/machines/m1?force=false").then().statusCode(409)
                .body("message", containsString("?force=true")).body("message", containsString("account alice"));
        for (String garbage : List.of("", "yes", "TRUE", "1", "true&force=true")) {
            ApiFixture.with(admin).delete("/machines/m1?force=" + garbage).then().statusCode(400)
                    .body("error", is("invalid_request")).body("fields", contains("force"));
        }
        ApiFixture.with(alice).delete("/machines/m1?force=true").then().statusCode(403);
        ApiFixture.with(admin).delete("/machines/m1?force=true").then().statusCode(200).body("message", is("deleted"))
                .body("left_behind.account", is("alice")).body("left_behind.host", is("127.0.0.1"))
                .body("left_behind.port", is(22)).body("left_behind.reservation_id", is(reservation));

        ApiFixture.with(admin).delete("/machines/m1?force=true").then().statusCode(404);
        get(admin, "/reservations/" + reservation).body("state", is("released"))
                .body("release_cause", is("abandoned")).body("history.event", hasItem("abandoned"));
        get(alice, "/reservations").body("reservations", empty());
    }

    @Test
    void aLentMachineThatIsOutOfOrderShowsItsReasonAndTheListIsNotTheSameAsBefore() {
        scene.machines("m1");
        ApiFixture.reserve("alice");
        String before = get(admin, "/machines").extract().header("ETag");
        scene.change(() -> {
            Machine m1 = Machine.byName("m1").orElseThrow();
            m1.failed(UnavailableCause.UNREACHABLE, "no answer", m1.createdAt.plus(Duration.ofHours(1)));
        });

        ApiFixture.with(admin).header("If-None-Match", before).get("/machines").then().statusCode(200)
                .body("[0].state", is("reserved")).body("[0].reason", is("no answer"));
        get(admin, "/machines/m1").body("reason", is("no answer"));
        get(alice, "/machines").body("[0]", not(hasKey("reason")));
    }
}
