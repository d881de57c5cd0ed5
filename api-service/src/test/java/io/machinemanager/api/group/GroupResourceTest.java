package io.machinemanager.api.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class GroupResourceTest {

    @Inject
    ApiFixture scene;

    private String admin;
    private String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        admin = ApiFixture.tokenOf("admin");
        alice = ApiFixture.tokenOf("alice");
    }

    private RequestSpecification asAdmin() {
        return ApiFixture.with(admin).contentType("application/json");
    }

    private ValidatableResponse create(Object body) {
        return asAdmin().body(body).post("/groups").then();
    }

    private ValidatableResponse give(String machine, String groups) {
        return asAdmin().body("{\"groups\":%s}".formatted(groups)).patch("/machines/" + machine).then();
    }

    private ValidatableResponse add(String group, String user) {
        return asAdmin().put("/groups/%s/members/%s".formatted(group, user)).then();
    }

    private ValidatableResponse seen(String token, String path) {
        return ApiFixture.with(token).get(path).then().statusCode(200);
    }

    @Test
    void aGroupIsCreatedShownChangedAndDeleted() {
        create("{\"name\":\"students\",\"max_machines\":2,\"priority\":10,\"unknown\":1}").statusCode(201)
                .body("name", is("students")).body("max_machines", is(2)).body("max_minutes", is(10_080))
                .body("max_queued", is(100)).body("priority", is(10)).body("may_book_days_ahead", is(0))
                .body("created_at", containsString("Z")).body("members", is(empty()));
        add("students", "alice").statusCode(200).body("message", is("added"));
        add("students", "alice").statusCode(200);
        seen(admin, "/groups/students").body("members", contains("alice")).body("machines", is(empty()));
        asAdmin().body("{\"max_machines\":0,\"may_book_days_ahead\":7}").patch("/groups/students").then()
                .statusCode(200).body("max_machines", is(0)).body("priority", is(10))
                .body("members", contains("alice"));
        asAdmin().delete("/groups/students/members/alice").then().statusCode(200).body("message", is("deleted"));
        asAdmin().delete("/groups/students/members/alice").then().statusCode(404);
        asAdmin().delete("/groups/students").then().statusCode(200).body("message", is("deleted"));
        asAdmin().get("/groups/students").then().statusCode(404).body("error", is("not_found"));

        seen(admin, "/audit?target=students&limit=5").body("action", contains("group_deleted", "group_member_removed",
                "group_changed", "group_member_added", "group_created")).body("actor", everyItem(is("admin")));
    }

    @Test
    void theListIsByNameAndWholeUnlessAPartIsAskedFor() {
        for (String name : List.of("c", "a", "b")) {
            create(Map.of("name", name)).statusCode(201);
        }

        seen(admin, "/groups").body("name", contains("a", "b", "c")).body("$", everyItem(not(hasKey("members"))))
                .header("X-Total-Count", nullValue());
        seen(admin, "/groups?limit=1&offset=1").body("name", contains("b")).header("X-Total-Count", "3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'name':''}", "{'name':'a b'}", "{'name':'a,b'}", "{'name':'-a'}", "{'name':'ü'}",
            "{'name':'a\\nb'}", "{'name':'{{ x }}'}", "{'name':'$(id)'}", "{'name':7}", "{'name':['a']}",
            "{'name':'a','max_machines':-1}", "{'name':'a','max_minutes':2147483648}", "{'name':'a','max_queued':1.5}",
            "{'name':'a','priority':101}", "{'name':'a','priority':-1}", "{'name':'a','may_book_days_ahead':367}",
            "{'name':'a','max_machines':'many'}", "[]", "7", "" })
    void whatIsNotAllowedMakesNoGroup(String body) {
        create(body.replace('\'', '"')).statusCode(400).body("error", is("invalid_request"));
        seen(admin, "/groups").body("$", is(empty()));
    }

    @Test
    void allThatIsWrongIsNamedAtOnce() {
        create("{\"max_machines\":-1,\"max_minutes\":-1,\"max_queued\":-1,\"priority\":101,\"may_book_days_ahead\":-1}")
                .statusCode(400).body("fields", contains("name", "max_machines", "max_minutes", "max_queued",
                        "priority", "may_book_days_ahead"));
        create("{\"name\":\"%s\"}".formatted("x".repeat(64))).statusCode(400).body("fields", contains("name"));
        create("{\"name\":\"%s\"}".formatted("x".repeat(63))).statusCode(201);
        asAdmin().body("{}").patch("/groups/" + "x".repeat(63)).then().statusCode(400)
                .body("message", containsString("at least one of"));
    }

    @Test
    void ofTwoThatCreateTheSameGroupAtOnceOneSucceeds() throws Exception {
        Callable<Integer> wanted = () -> create("{\"name\":\"a\"}").extract().statusCode();
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            List<Future<Integer>> answers = executor.invokeAll(List.of(wanted, wanted));
            assertThat(List.of(answers.get(0).get(), answers.get(1).get())).containsExactlyInAnyOrder(201, 409);
        }
    }

    @Test
    void aConditionalChangeIsMadeOnlyToTheVersionThatTheCallerHasSeen() {
        create("{\"name\":\"a\"}").statusCode(201);
        String before = seen(admin, "/groups/a").extract().header("ETag");
        ApiFixture.with(admin).header("If-None-Match", before).get("/groups/a").then().statusCode(304);
        add("a", "alice");

        asAdmin().header("If-Match", before).body("{\"priority\":1}").patch("/groups/a").then().statusCode(412);
        asAdmin().header("If-Match", before).delete("/groups/a").then().statusCode(412);

        String now = seen(admin, "/groups/a").body("priority", is(0)).extract().header("ETag");
        asAdmin().header("If-Match", now).body("{\"priority\":1}").patch("/groups/a").then().statusCode(200);
    }

    @Test
    void aMachineForAGroupIsInvisibleToOthersAndNotLentToThem() {
        scene.machines("m1", "m2");
        create("{\"name\":\"students\"}");
        String tag = seen(alice, "/machines").body("name", contains("m1", "m2")).extract().header("ETag");

        give("m1", "[\"students\",\"students\"]").statusCode(200).body("groups", contains("students"));

        ApiFixture.with(alice).header("If-None-Match", tag).get("/machines").then().statusCode(200)
                .body("name", contains("m2"));
        seen(alice, "/machines?limit=5").header("X-Total-Count", "1");
        seen(alice, "/available").body("available", contains("m2"));
        ApiFixture.with(alice).get("/machines/m1").then().statusCode(404)
                .body("message", is("There is no machine named m1."));
        ApiFixture.with(alice).get("/reserve?count=2").then().statusCode(409).body("available", is(1));
        seen(admin, "/machines").body("name", contains("m1", "m2")).body("groups", contains(List.of("students"),
                List.of()));
        seen(admin, "/available").body("available", contains("m1", "m2"));
        ApiFixture.with(admin).get("/reserve?count=2&username=guest").then().statusCode(409);
        seen(admin, "/groups/students").body("machines", contains("m1"));

        add("students", "alice");

        seen(alice, "/machines").body("name", contains("m1", "m2")).body("[0].groups", contains("students"));
        seen(alice, "/machines/m1").body("groups", contains("students"));
        seen(alice, "/available").body("available", contains("m1", "m2"));
        seen(alice, "/reserve?count=2").body("machines.machine", contains("m1", "m2"));
        seen(ApiFixture.tokenOf("bob"), "/reservations").body("reservations.machine", contains("m2"));
        seen(ApiFixture.tokenOf("bob"), "/reservations?limit=9").header("X-Total-Count", "1");
        seen(alice, "/reservations").body("reservations.machine", contains("m1", "m2"));
        seen(admin, "/reservations").body("reservations.machine", contains("m1", "m2"));
    }

    @Test
    void aMachineIsRegisteredForGroups() {
        create("{\"name\":\"students\"}");
        String machine = "{\"name\":\"m1\",\"host\":\"127.0.0.1\",\"port\":1,\"user\":\"root\",\"password\":\"x\",\"groups\":%s}";
        for (String wrong : List.of("[\"none\"]", "[\"students\",\"a b\"]", "[null]", "[7]", "\"students\"", "{}",
                "[[\"students\"]]", "[\"%s\"]".formatted("x".repeat(64)))) {
            asAdmin().body(machine.formatted(wrong)).post("/machines").then().statusCode(400)
                    .body("error", is("invalid_request"));
        }
        asAdmin().body(machine.formatted("[\"none\"]")).post("/machines").then().statusCode(400)
                .body("message", is("There is no group named none.")).body("fields", contains("groups"));
        seen(admin, "/machines").body("$", is(empty()));

        asAdmin().body(machine.formatted("[\"students\"]")).post("/machines").then().statusCode(201)
                .body("groups", contains("students"));

        seen(alice, "/machines").body("$", is(empty()));
        give("m1", "[\"gone\"]").statusCode(400).body("message", containsString("gone"));
        give("m1", "[]").statusCode(200).body("groups", is(empty()));
        seen(alice, "/machines").body("name", contains("m1")).body("[0].groups", is(empty()));
    }

    @Test
    void aGroupThatMachinesAreForIsNotDeleted() {
        scene.machines("m1");
        create("{\"name\":\"students\"}");
        give("m1", "[\"students\"]");

        asAdmin().delete("/groups/students").then().statusCode(409).body("error", is("conflict"))
                .body("message", allOf(containsString("m1"), containsString("for everyone"), containsString("PATCH")));

        seen(alice, "/machines").body("$", is(empty()));
        asAdmin().delete("/machines/m1").then().statusCode(200);
        asAdmin().delete("/groups/students").then().statusCode(200);
    }

    @Test
    void whoamiShowsGroupsLimitsAndWhatIsUsed() {
        seen(alice, "/whoami").body("user", is("alice")).body("roles", is(empty())).body("groups", is(empty()))
                .body("limits.max_machines", nullValue()).body("limits.max_minutes", is(10_080))
                .body("limits.max_queued", is(100)).body("limits.priority", is(0))
                .body("limits.may_book_days_ahead", is(0)).body("used.machines", is(0)).body("used.queued", is(0));
        scene.machines("m1", "m2");
        create("{\"name\":\"students\",\"max_machines\":1,\"max_minutes\":0,\"priority\":3,\"may_book_days_ahead\":2}");
        create("{\"name\":\"staff\",\"max_machines\":2,\"max_minutes\":5}");
        add("students", "alice");
        add("staff", "alice");
        ApiFixture.with(alice).get("/reserve").then().statusCode(200);

        seen(alice, "/whoami").body("groups", contains("staff", "students")).body("limits.max_machines", is(2))
                .body("limits.max_minutes", nullValue()).body("limits", hasKey("max_minutes"))
                .body("limits.priority", is(3)).body("limits.may_book_days_ahead", is(2))
                .body("used.machines", is(1));
        seen(admin, "/whoami").body("roles", contains("admin")).body("used.machines", is(0));
        seen(alice, "/whoami").body("keySet()", hasItems("user", "roles", "groups", "limits", "used"));
    }

    @Test
    void aLimitThatIsReachedSaysWhichAndWhose() {
        scene.machines("m1", "m2", "m3");
        create("{\"name\":\"students\",\"max_machines\":2}");
        add("students", "alice");
        ApiFixture.with(alice).get("/reserve?count=2").then().statusCode(200);

        ApiFixture.with(alice).get("/reserve").then().statusCode(409).body("error", is("limit_reached"))
                .body("limit", is(2)).body("used", is(2)).body("message",
                        is("The group students allows 2 machines at once; you have 2 and ask for 1 more."));
    }
}
