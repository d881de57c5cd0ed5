package io.machinemanager.api.auth;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import java.util.List;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.UserService;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LoginResourceTest {

    @Inject
    ApiFixture scene;

    @Inject
    UserService users;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    private static ValidatableResponse logIn(String body) {
        return given().contentType("application/json").body(body).post("/login").then();
    }

    private static ValidatableResponse logIn(String username, String password) {
        return logIn("{\"username\":\"%s\",\"password\":\"%s\"}".formatted(username, password));
    }

    @Test
    void aTokenIsGivenForTheRightPassword() {
        logIn("alice", ApiFixture.passwordOf("alice")).statusCode(200).header("Cache-Control", "no-store")
                .body("access_token", notNullValue()).body("token_type", is("Bearer")).body("expires_in", is(3600));
    }

    @Test
    void aWrongPasswordAndAnUnknownUserCannotBeToldApart() {
        String wrong = logIn("alice", "wrong").statusCode(401).body("error", is("invalid_grant")).extract().asString();

        logIn("nobody", "wrong").statusCode(401).body(equalTo(wrong));
        logIn("nobody", "nobody").statusCode(401).body(equalTo(wrong));
        logIn("alice ", ApiFixture.passwordOf("alice")).statusCode(401).body(equalTo(wrong));
        logIn("ALICE", ApiFixture.passwordOf("alice")).statusCode(401).body(equalTo(wrong));
    }

    @Test
    void whatIsMissingIsNamed() {
        logIn("{\"username\":\"alice\"}").statusCode(400).body("error", is("invalid_request"))
                .body("fields", contains("password"));
        logIn("{}").statusCode(400).body("fields", contains("username", "password"));
    }

    @Test
    void aPasswordThatOnlyBeginsLikeTheRightOneIsWrong() {
        String longest = "x".repeat(72);
        users.create(new NewUser("carol", longest, false));

        logIn("carol", longest).statusCode(200);
        logIn("carol", longest + "y").statusCode(401).body("error", is("invalid_grant"));
        logIn("carol", longest.substring(1)).statusCode(401);
        logIn("carol", "").statusCode(401);
    }

    @Test
    void anOldTokenIsNoHindranceToLoggingIn() {
        given().auth().oauth2("old.old.old").contentType("application/json")
                .body("{\"username\":\"bob\",\"password\":\"%s\"}".formatted(ApiFixture.passwordOf("bob")))
                .post("/login")
                .then()
                .statusCode(200);
        given().auth().oauth2("old.old.old").get("/healthz").then().statusCode(200).body("status", is("ok"));
    }

    @Test
    void theCallerIsToldWhoItIs() {
        ApiFixture.as("alice").get("/whoami").then().statusCode(200)
                .body("user", is("alice")).body("roles", is(List.of()));
        ApiFixture.as("admin").get("/whoami").then().statusCode(200).body("roles", contains("admin"));
    }

    @Test
    void changingThePasswordEndsAllTokensOfTheUser() {
        String before = ApiFixture.tokenOf("alice");
        String body = "{\"current_password\":\"%s\",\"new_password\":\"a new one\"}";

        ApiFixture.with(before).contentType("application/json").body(body.formatted("wrong")).put("/whoami/password")
                .then()
                .statusCode(403).body("error", is("forbidden"));
        ApiFixture.with(before).get("/whoami").then().statusCode(200);
        ApiFixture.with(before).contentType("application/json").body(body.formatted(ApiFixture.passwordOf("alice")))
                .put("/whoami/password").then().statusCode(200);

        ApiFixture.with(before).get("/whoami").then().statusCode(401).body("error", is("unauthorized"));
        logIn("alice", ApiFixture.passwordOf("alice")).statusCode(401);
        String after = logIn("alice", "a new one").statusCode(200).extract().path("access_token");
        ApiFixture.with(after).get("/whoami").then().statusCode(200).body("user", is("alice"));
        logIn("bob", ApiFixture.passwordOf("bob")).statusCode(200).body("access_token", not(equalTo(after)));
    }
}
