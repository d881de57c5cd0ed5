package io.machinemanager.api.auth;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LockoutTest {

    @Inject
    ApiFixture scene;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    /** The test is a trusted proxy, so it may say whom it speaks for. */
    private static Response logIn(String user, String password, String address) {
        return given().contentType("application/json").header("X-Forwarded-For", address)
                .body(Map.of("username", user, "password", password)).post("/login");
    }

    private static Response lock(String user, String address) {
        for (int i = 0; i < 10; i++) {
            logIn(user, "wrong", address).then().statusCode(401).body("error", is("invalid_grant"));
        }
        return logIn(user, ApiFixture.passwordOf(user), address);
    }

    @Test
    void whoGuessesTooOftenHasToWaitAndOthersHaveNot() {
        Response locked = lock("alice", "192.0.2.1");

        locked.then().statusCode(429).body("error", is("too_many_requests"));
        assertThat(Integer.parseInt(locked.header("Retry-After"))).isBetween(1, 301);
        logIn("alice", ApiFixture.passwordOf("alice"), "192.0.2.2").then().statusCode(200);
        logIn("bob", ApiFixture.passwordOf("bob"), "192.0.2.1").then().statusCode(200);
    }

    @Test
    void aLockedUserAndALockedNameThatIsNobodysCannotBeToldApart() {
        Response known = lock("alice", "192.0.2.1");
        Response unknown = lock("nobody", "192.0.2.1");

        assertThat(unknown.statusCode()).isEqualTo(429);
        assertThat(unknown.asString()).isEqualTo(known.asString());
    }

    @Test
    void tokensGoOnWorkingWhileTheirUserIsLocked() {
        String token = ApiFixture.tokenOf("alice");

        lock("alice", "127.0.0.1").then().statusCode(429);

        ApiFixture.with(token).get("/whoami").then().statusCode(200);
    }
}
