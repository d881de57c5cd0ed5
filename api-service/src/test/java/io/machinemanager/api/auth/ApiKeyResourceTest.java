package io.machinemanager.api.auth;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.auth.NewApiKey;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.UserChange;
import io.machinemanager.user.UserService;
import io.machinemanager.user.UserStatus;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ApiKeyResourceTest {

    @Inject
    ApiFixture scene;

    @Inject
    UserService users;

    @Inject
    ApiKeyService keys;

    MariaDb database;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    private static ValidatableResponse create(String token, Map<String, Object> form) {
        return ApiFixture.with(token).contentType("application/json").body(form).post("/whoami/api-keys").then();
    }

    private static String keyOf(String user, Map<String, Object> form) {
        return create(ApiFixture.tokenOf(user), form).statusCode(201).extract().path("api_key");
    }

    private static int status(String key, String path) {
        return ApiFixture.with(key).get(path).statusCode();
    }

    @Test
    void aKeyIsShownOnceAndWorksLikeAToken() {
        String token = ApiFixture.tokenOf("alice");
        String key = create(token, Map.of("name", "ci", "expires_in_days", 7)).statusCode(201)
                .header("Cache-Control", "no-store").body("name", is("ci")).body("role", is("user"))
                .body("api_key", matchesPattern("mm_[A-Za-z0-9_-]{43}")).extract().path("api_key");

        ApiFixture.with(key).get("/whoami").then().statusCode(200).body("user", is("alice")).body("roles",
                is(List.of()));
        ApiFixture.with(token).get("/whoami/api-keys").then().statusCode(200).body("name", contains("ci"))
                .body("[0].keySet()", is(Set.of("name", "role", "created_at", "expires_at")));
        assertThat(database.query("select * from machine_manager.api_keys")).contains("ci").doesNotContain(key);
    }

    @Test
    void aKeyHasItsOwnersRoleOrLessAsItIsAtThatMoment() {
        String full = keyOf("admin", Map.of("name", "full"));
        String less = keyOf("admin", Map.of("name", "less", "role", "user"));
        assertThat(status(full, "/users")).isEqualTo(200);
        assertThat(status(less, "/users")).isEqualTo(403);
        create(ApiFixture.tokenOf("alice"), Map.of("name", "more", "role", "admin")).statusCode(403)
                .body("error", is("forbidden"));

        users.change("alice", new UserChange(null, true));
        users.change("admin", new UserChange(null, false));

        assertThat(status(full, "/users")).isEqualTo(403);
        assertThat(status(full, "/whoami")).isEqualTo(200);
    }

    @Test
    void aKeyMakesNoKeysAndChangesNoPassword() {
        String key = keyOf("alice", Map.of("name", "ci"));

        create(key, Map.of("name", "another")).statusCode(403).body("error", is("forbidden"));
        ApiFixture.with(key).contentType("application/json")
                .body(Map.of("current_password", ApiFixture.passwordOf("alice"), "new_password", "x"))
                .put("/whoami/password").then().statusCode(403);
        ApiFixture.with(key).post("/logout").then().statusCode(403);
        keyOf("alice", Map.of("name", "other"));
        ApiFixture.with(key).delete("/whoami/api-keys/other").then().statusCode(403);
        ApiFixture.with(key).delete("/whoami/api-keys/ci").then().statusCode(200);
        assertThat(status(key, "/whoami")).isEqualTo(401);
    }

    @Test
    void aKeyOfAnAdminMakesChangesAndDeletesNoAdmins() {
        users.change("bob", new UserChange(null, true));
        keyOf("bob", Map.of("name", "ci"));
        keyOf("alice", Map.of("name", "ci"));
        String key = keyOf("admin", Map.of("name", "ci"));

        ApiFixture.with(key).contentType("application/json")
                .body(Map.of("username", "carol", "password", "a long secret", "is_admin", true)).post("/users").then()
                .statusCode(403).body("error", is("forbidden"));
        ApiFixture.with(key).contentType("application/json").body(Map.of("is_admin", true)).patch("/users/alice").then()
                .statusCode(403);
        ApiFixture.with(key).contentType("application/json").body(Map.of("password", "a long secret"))
                .patch("/users/admin").then().statusCode(403);
        ApiFixture.with(key).delete("/users/alice/api-keys/ci").then().statusCode(200);
        ApiFixture.with(key).contentType("application/json").body(Map.of("password", "a long secret"))
                .patch("/users/alice").then().statusCode(200);
        ApiFixture.with(key).delete("/users/bob").then().statusCode(403).body("error", is("forbidden"));
        ApiFixture.with(key).delete("/users/bob/api-keys/ci").then().statusCode(403);
        ApiFixture.with(key).delete("/users/admin").then().statusCode(403);
        ApiFixture.as("admin").get("/users").then().body("findAll { it.is_admin }.username", contains("admin", "bob"));
        ApiFixture.as("admin").get("/users/bob/api-keys").then().body("name", contains("ci"));
        ApiFixture.with(key).delete("/users/alice").then().statusCode(200);
    }

    @Test
    void aKeyEndsWhenItIsDeletedWhenItsTimeIsUpAndWithItsOwner() {
        String deleted = keyOf("alice", Map.of("name", "deleted"));
        ApiFixture.as("alice").delete("/whoami/api-keys/deleted").then().statusCode(200).body("message", is("deleted"));
        ApiFixture.as("alice").delete("/whoami/api-keys/deleted").then().statusCode(404);
        assertThat(status(deleted, "/whoami")).isEqualTo(401);

        String late = keyOf("alice", Map.of("name", "late"));
        database.query("update machine_manager.api_keys set expires_at = utc_timestamp(6)");
        assertThat(status(late, "/whoami")).isEqualTo(401);

        String orphan = keyOf("bob", Map.of("name", "ci"));
        ApiFixture.as("admin").delete("/users/bob").then().statusCode(200);
        assertThat(status(orphan, "/whoami")).isEqualTo(401);
    }

    private static int changeOwnPassword(String token) {
        return ApiFixture.with(token).contentType("application/json")
                .body(Map.of("current_password", ApiFixture.passwordOf("alice"), "new_password", "another long secret"))
                .put("/whoami/password").statusCode();
    }

    @Test
    void anotherPasswordEndsAllKeysOfTheUserAndOfNobodyElse() {
        String stolen = keyOf("alice", Map.of("name", "stolen"));
        String bobs = keyOf("bob", Map.of("name", "ci"));
        assertThat(changeOwnPassword(ApiFixture.tokenOf("alice"))).isEqualTo(200);
        assertThat(status(stolen, "/whoami")).isEqualTo(401);
        assertThat(status(bobs, "/whoami")).isEqualTo(200);

        users.change("bob", new UserChange(null, true));
        assertThat(status(bobs, "/whoami")).isEqualTo(200);
        users.change("bob", new UserChange("another", null));

        assertThat(status(bobs, "/whoami")).isEqualTo(401);
        ApiFixture.as("admin").get("/audit?action=api_key_revoked&target=stolen&limit=1").then().body("actor",
                contains("alice")).body("detail", contains("of alice, whose password was changed"));
    }

    @Test
    void aTokenFromBeforeAChangeMakesNoKeyThatOutlivesIt() {
        UserStatus before = users.status("alice").orElseThrow();
        users.change("alice", new UserChange("another", null));

        assertThatThrownBy(() -> keys.create(before, new NewApiKey("late", Duration.ofDays(1), false)))
                .isInstanceOf(ForbiddenException.class);
    }

    @Test
    void adminsSeeAndEndTheKeysOfOthers() {
        String key = keyOf("alice", Map.of("name", "ci"));

        ApiFixture.as("admin").get("/users/alice/api-keys").then().statusCode(200).body("name", contains("ci"));
        ApiFixture.as("bob").get("/users/alice/api-keys").then().statusCode(403);
        ApiFixture.as("bob").delete("/users/alice/api-keys/ci").then().statusCode(403);
        ApiFixture.as("bob").delete("/whoami/api-keys/ci").then().statusCode(404);
        ApiFixture.as("admin").delete("/users/alice/api-keys/ci").then().statusCode(200);

        assertThat(status(key, "/whoami")).isEqualTo(401);
        ApiFixture.as("admin").get("/users/alice/api-keys").then().body("", empty());
        ApiFixture.as("admin").get("/users/nobody/api-keys").then().statusCode(404);
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        String token = ApiFixture.tokenOf("alice");
        create(token, Map.of()).statusCode(400).body("fields", contains("name"));
        create(token, Map.of("name", "a b")).statusCode(400).body("fields", contains("name"));
        create(token, Map.of("name", "a", "expires_in_days", 0)).statusCode(400);
        create(token, Map.of("name", "a", "expires_in_days", 367)).statusCode(400);
        create(token, Map.of("name", "a", "role", "root")).statusCode(400).body("fields", contains("role"));
        create(token, Map.of("name", "a")).statusCode(201);
        create(token, Map.of("name", "a")).statusCode(409).body("error", is("conflict"));
    }

    @Test
    void whatIsNoKeyIsRefusedInTheOneShape() {
        for (String key : List.of("mm_", "mm_nope", "mm_" + "x".repeat(43), "mm_ x")) {
            ApiFixture.with(key).get("/whoami").then().statusCode(401).body("error", is("unauthorized"))
                    .header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        }
        given().header("Authorization", "mm_nope").get("/whoami").then().statusCode(401);
    }

    @Test
    void theAuditTellsThatAKeyWasUsed() {
        String key = keyOf("admin", Map.of("name", "ci"));
        ApiFixture.with(key).contentType("application/json").body(Map.of("username", "carol", "password", "x"))
                .post("/users").then().statusCode(201);

        ApiFixture.as("admin").get("/audit?target=carol&limit=1").then().body("actor", contains("admin")).body(
                "api_key",
                contains("ci"));
    }
}
