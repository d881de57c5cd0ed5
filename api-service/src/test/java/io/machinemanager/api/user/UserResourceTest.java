package io.machinemanager.api.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.User;
import io.machinemanager.user.UserService;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class UserResourceTest {

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines machines;

    @Inject
    UserService users;

    private String admin;

    @BeforeEach
    void setUp() {
        scene.reset();
        admin = ApiFixture.tokenOf("admin");
    }

    private ValidatableResponse create(String body) {
        return ApiFixture.with(admin).contentType("application/json").body(body).post("/users").then();
    }

    private ValidatableResponse change(String user, String body) {
        return ApiFixture.with(admin).contentType("application/json").body(body).patch("/users/" + user).then();
    }

    @Test
    void aCreatedUserIsShownWithoutItsPassword() {
        create("{\"username\":\"carol@example.org\",\"password\":\"secret\"}").statusCode(201)
                .body("username", is("carol@example.org")).body("is_admin", is(false))
                .body("created_at", matchesPattern("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z"))
                .body("$", not(hasKey("password"))).body("size()", is(3));

        ApiFixture.with(admin).get("/users/carol@example.org").then().statusCode(200).body("is_admin", is(false));
    }

    @Test
    void anAdminMayMakeAnother() {
        create("{\"username\":\"carol\",\"password\":\"the carol's password\",\"is_admin\":true,\"unknown\":1}")
                .statusCode(201).body("is_admin", is(true));

        ApiFixture.as("carol").get("/users").then().statusCode(200);
    }

    @ParameterizedTest
    @CsvSource({"1, true", "0, false", "true, true", "false, false", "null, false", "'\"true\"', true" })
    void whetherItIsAnAdminIsTakenAsTheOriginalTookIt(String written, boolean admin) {
        create("{\"username\":\"carol\",\"password\":\"the carol's password\",\"is_admin\":%s}".formatted(written))
                .statusCode(201).body("is_admin", is(admin));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "-1", "1.0", "\"false\"", "\"1\"", "\"\"", "[]", "{}" })
    void whatMayMeanTheOppositeMakesNoUser(String written) {
        create("{\"username\":\"carol\",\"password\":\"the carol's password\",\"is_admin\":%s}".formatted(written))
                .statusCode(400).body("error", is("invalid_request"));
        ApiFixture.with(admin).get("/users/carol").then().statusCode(404);
    }

    @Test
    void aNameThatIsTakenIsAConflict() {
        create("{\"username\":\"alice\",\"password\":\"secret\"}").statusCode(409).body("error", is("conflict"))
                .body("message", containsString("alice"));
        create("{\"username\":\"Alice\",\"password\":\"secret\"}").statusCode(201);
    }

    @Test
    void ofTwoWhoWantTheSameNameAtOnceOneGetsIt() throws Exception {
        Callable<Integer> wanted = () -> create("{\"username\":\"carol\",\"password\":\"secret\"}").extract()
                .statusCode();
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            for (Future<Integer> status : executor.invokeAll(List.of(wanted, wanted))) {
                assertThat(status.get()).isIn(201, 409);
            }
        }
        assertThat(users.list(0, 10)).extracting(user -> user.username).containsOnlyOnce("carol");
        create("{\"username\":\"carol\",\"password\":\"secret\"}").statusCode(409);
    }

    @Test
    void namesAndPasswordsThatAreNotAllowedAreNamed() {
        create("{}").statusCode(400).body("fields", contains("username", "password"));
        create("{\"username\":\"a b\",\"password\":\"%s\"}".formatted("x".repeat(73))).statusCode(400)
                .body("fields", contains("username", "password"));
        create("{\"username\":\"carol\",\"password\":\"a\\u0000b\"}").statusCode(400)
                .body("fields", contains("password"));
        create("{\"username\":\"carol\",\"password\":\"%s\"}".formatted("ü".repeat(37))).statusCode(400);
        create("{\"username\":\"carol\",\"password\":\"%s\"}".formatted("ü".repeat(36))).statusCode(201);
    }

    @Test
    void theListIsByNameAndWholeUnlessAPartIsAskedFor() {
        ApiFixture.with(admin).get("/users").then().statusCode(200).body("username", contains("admin", "alice", "bob"))
                .body("$", everyItem(not(hasKey("password_hash")))).header("X-Total-Count", (String) null);
        ApiFixture.with(admin).get("/users?limit=1&offset=1").then().statusCode(200).body("username", contains("alice"))
                .header("X-Total-Count", "3");
        ApiFixture.with(admin).get("/users?offset=7").then().statusCode(200).body("size()", is(0));
    }

    @Test
    void onlyAdminsSeeAndChangeUsers() {
        ApiFixture.as("alice").get("/users").then().statusCode(403).body("error", is("forbidden"));
        ApiFixture.as("alice").delete("/users/bob").then().statusCode(403);
        ApiFixture.as("alice").contentType("application/json").body("{\"is_admin\":true}").patch("/users/alice").then()
                .statusCode(403);
    }

    @Test
    void aDeletedUserLosesItsMachinesAndItsTokens() {
        scene.machines("m1");
        String alice = ApiFixture.tokenOf("alice");
        ApiFixture.with(alice).get("/reserve").then().statusCode(200);

        ApiFixture.with(admin).delete("/users/alice").then().statusCode(200).body("message", is("deleted"));

        ApiFixture.with(alice).get("/whoami").then().statusCode(401);
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.states()).containsExactly("m1 RELEASED");
        ApiFixture.with(admin).delete("/users/alice").then().statusCode(404).body("error", is("not_found"));
    }

    @Test
    void aUserIsDeletedEvenIfItsMachineCannotBeCleanedNow() {
        scene.machines("m1");
        ApiFixture.as("alice").get("/reserve").then().statusCode(200);
        machines.fail("m1", Outcome.UNREACHABLE, "connection refused");

        ApiFixture.with(admin).delete("/users/alice").then().statusCode(200);

        ApiFixture.with(admin).get("/reservations").then().body("reservations[0].state", is("releasing"))
                .body("reservations[0].owner", is("alice"));
    }

    @Test
    void theLastAdminStays() {
        ApiFixture.with(admin).delete("/users/admin").then().statusCode(409).body("error", is("conflict"));
        change("admin", "{\"is_admin\":false}").statusCode(409).body("error", is("conflict"));
        change("alice", "{\"is_admin\":true}").statusCode(200).body("is_admin", is(true));
        change("admin", "{\"is_admin\":false}").statusCode(200).body("is_admin", is(false));
        ApiFixture.as("alice").delete("/users/alice").then().statusCode(409);
    }

    @Test
    void ofTwoAdminsWhoDemoteEachOtherAtOnceOneStays() throws Exception {
        change("alice", "{\"is_admin\":true}").statusCode(200);
        String alice = ApiFixture.tokenOf("alice");
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            executor.invokeAll(List.of(() -> change("alice", "{\"is_admin\":false}").extract().statusCode(),
                    () -> ApiFixture.with(alice).contentType("application/json").body("{\"is_admin\":false}")
                            .patch("/users/admin").statusCode()));
        }
        assertThat(users.list(0, 10)).filteredOn(user -> user.admin).hasSize(1);
    }

    @Test
    void anAdminMaySetAPassword() {
        change("alice", "{\"password\":\"another\"}").statusCode(200);
        change("alice", "{}").statusCode(400).body("fields", contains("password", "is_admin"));
        change("nobody", "{\"password\":\"another\"}").statusCode(404);

        assertThat(users.identify("alice", "another").orElseThrow().username()).isEqualTo("alice");
    }

    @Test
    void nobodySetsTheOwnPasswordWithoutTheCurrentOne() {
        change("admin", "{\"password\":\"another\"}").statusCode(403).body("error", is("forbidden"))
                .body("message", containsString("PUT /whoami/password"));

        assertThat(users.identify("admin", "another")).isEmpty();
    }

    @RepeatedTest(20)
    void theFirstAdminIsMadeOnceHoweverManyReplicasStart() throws Exception {
        scene.change(() -> User.delete("admin = true"));
        Callable<Boolean> start = users::seedAdmin;

        long made = 0;
        try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
            for (Future<Boolean> seeded : executor
                    .invokeAll(List.of(start, start, start, start, start, start, start, start))) {
                made += seeded.get() ? 1 : 0;
            }
        }
        assertThat(made).isEqualTo(1);
        assertThat(users.list(0, 10)).filteredOn(user -> user.admin).hasSize(1);
    }

    @Test
    void noAdminIsMadeWhenThereIsOneByAnotherName() {
        change("alice", "{\"is_admin\":true}").statusCode(200);
        scene.change(() -> User.delete("username", "admin"));

        assertThat(users.seedAdmin()).isFalse();
        assertThat(users.list(0, 10)).extracting(user -> user.username).containsExactly("alice", "bob");
    }
}
