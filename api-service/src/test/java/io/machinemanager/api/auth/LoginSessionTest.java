package io.machinemanager.api.auth;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.auth.SessionService;
import io.machinemanager.error.InvalidGrantException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.UserChange;
import io.machinemanager.user.UserService;
import io.machinemanager.user.UserStatus;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LoginSessionTest {

    @Inject
    ApiFixture scene;

    @Inject
    UserService users;

    @Inject
    SessionService sessions;

    MariaDb database;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    private static Response logIn() {
        return given().contentType("application/json")
                .body(Map.of("username", "alice", "password", ApiFixture.passwordOf("alice"), "refresh", true))
                .post("/login");
    }

    private static Response refresh(String token) {
        return given().contentType("application/json").body(Map.of("refresh_token", token)).post("/token/refresh");
    }

    private static String refreshToken(Response answer) {
        return answer.then().statusCode(200).header("Cache-Control", "no-store").extract().path("refresh_token");
    }

    private static String accessToken(Response answer) {
        return answer.then().statusCode(200).extract().path("access_token");
    }

    private static int status(String token) {
        return ApiFixture.with(token).get("/whoami").statusCode();
    }

    @Test
    void aRefreshTokenIsGivenOnlyToThoseWhoAskForOne() {
        logIn().then().statusCode(200).body("refresh_token", startsWith("mmr_")).body("refresh_expires_in",
                greaterThan(29 * 86400));
        assertThat(given().contentType("application/json")
                .body(Map.of("username", "alice", "password", ApiFixture.passwordOf("alice"))).post("/login").jsonPath()
                .getMap("").keySet()).asString().isEqualTo("[access_token, token_type, expires_in]");
    }

    @Test
    void whoIsDeletedDuringTheLogInHasNoSession() {
        UserStatus alice = sessions.status("alice", List.of("none")).orElseThrow();
        ApiFixture.as("admin").delete("/users/alice").then().statusCode(200);

        assertThatThrownBy(() -> sessions.begin(alice)).isInstanceOf(InvalidGrantException.class);
    }

    @Test
    void aRefreshTokenGivesNewTokensOnce() {
        String first = refreshToken(logIn());

        Response second = refresh(first);

        assertThat(status(accessToken(second))).isEqualTo(200);
        assertThat(refreshToken(second)).isNotEqualTo(first);
        assertThat(status(accessToken(refresh(refreshToken(second))))).isEqualTo(200);
    }

    /** Lets the time pass in which a refresh token gives the same answer again. */
    private void afterHalfAMinute() {
        database.query("update machine_manager.refresh_tokens set used_at = used_at - interval 30 second");
    }

    @Test
    void whoLostTheAnswerToARefreshGetsTheSameAgain() {
        Response login = logIn();
        Response lost = refresh(refreshToken(login));

        Response again = refresh(refreshToken(login));

        assertThat(refreshToken(again)).isEqualTo(refreshToken(lost));
        assertThat(accessToken(again)).isEqualTo(accessToken(lost));
        assertThat(status(accessToken(again))).isEqualTo(200);
        assertThat(again.jsonPath().getInt("expires_in")).isBetween(1, lost.jsonPath().getInt("expires_in"));
        assertThat(status(accessToken(refresh(refreshToken(again))))).isEqualTo(200);
    }

    @Test
    void aRefreshTokenThatIsShownLaterEndsAllTokensOfThatLogInAndNoOthers() {
        Response stolen = logIn();
        Response other = logIn();
        Response thief = refresh(refreshToken(stolen));
        afterHalfAMinute();

        refresh(refreshToken(stolen)).then().statusCode(401).body("error", is("unauthorized"))
                .header("WWW-Authenticate", startsWith("Bearer"));

        refresh(refreshToken(thief)).then().statusCode(401);
        assertThat(status(accessToken(stolen))).isEqualTo(401);
        assertThat(status(accessToken(thief))).isEqualTo(401);
        assertThat(status(accessToken(refresh(refreshToken(other))))).isEqualTo(200);
    }

    @Test
    void aRefreshTokenWhoseSuccessorWasUsedEndsAllTokensOfThatLogInAtOnce() {
        Response login = logIn();
        Response second = refresh(refreshToken(login));
        Response third = refresh(refreshToken(second));

        refresh(refreshToken(login)).then().statusCode(401);

        refresh(refreshToken(third)).then().statusCode(401);
        assertThat(status(accessToken(third))).isEqualTo(401);
    }

    @Test
    void aRefreshTokenGivesNothingAgainAfterALogOutAPasswordOrTheUsersEnd() {
        Response ended = logIn();
        Response before = refresh(refreshToken(ended));
        ApiFixture.with(accessToken(before)).post("/logout").then().statusCode(200);
        refresh(refreshToken(ended)).then().statusCode(401);

        String changed = refreshToken(logIn());
        refresh(changed).then().statusCode(200);
        users.change("alice", new UserChange("another password", null));
        refresh(changed).then().statusCode(401);
        users.change("alice", new UserChange(ApiFixture.passwordOf("alice"), null));

        String orphan = refreshToken(logIn());
        refresh(orphan).then().statusCode(200);
        ApiFixture.as("admin").delete("/users/alice").then().statusCode(200);
        refresh(orphan).then().statusCode(401);
    }

    @Test
    void allWhoShowARefreshTokenAtOnceGetTheSameTokens() throws Exception {
        String token = refreshToken(logIn());
        List<Callable<Response>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            calls.add(() -> refresh(token));
        }
        try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
            Set<String> pairs = new HashSet<>();
            for (var answer : clients.invokeAll(calls)) {
                pairs.add(accessToken(answer.get()) + refreshToken(answer.get()));
            }
            assertThat(pairs).hasSize(1);
        }
    }

    @Test
    void aRefreshTokenEndsWithItsTimeItsUserAndItsPassword() {
        String late = refreshToken(logIn());
        database.query("update machine_manager.refresh_tokens set expires_at = utc_timestamp(6)");
        refresh(late).then().statusCode(401);

        String changed = refreshToken(logIn());
        users.change("alice", new UserChange("another password", null));
        refresh(changed).then().statusCode(401);
        users.change("alice", new UserChange(ApiFixture.passwordOf("alice"), null));

        String orphan = refreshToken(logIn());
        ApiFixture.as("admin").delete("/users/alice").then().statusCode(200);
        refresh(orphan).then().statusCode(401);
    }

    @Test
    void whatIsNoRefreshTokenIsRefused() {
        refresh("mmr_nope").then().statusCode(401);
        refresh("").then().statusCode(401);
        refresh(accessToken(logIn())).then().statusCode(401);
        given().contentType("application/json").body("{}").post("/token/refresh").then().statusCode(400);
        assertThat(status(refreshToken(logIn()))).isEqualTo(401);
    }

    @Test
    void loggingOutEndsThisTokenAndItsSessionAndNoOthers() {
        Response first = logIn();
        Response second = logIn();
        String plain = ApiFixture.tokenOf("alice");

        ApiFixture.with(accessToken(first)).post("/logout").then().statusCode(200);

        assertThat(status(accessToken(first))).isEqualTo(401);
        refresh(refreshToken(first)).then().statusCode(401);
        assertThat(status(accessToken(second))).isEqualTo(200);
        ApiFixture.with(plain).post("/logout").then().statusCode(200);
        assertThat(status(plain)).isEqualTo(401);
        assertThat(status(ApiFixture.tokenOf("alice"))).isEqualTo(200);
        given().post("/logout").then().statusCode(401);
    }

    @Test
    void noTokenIsKeptInTheDatabase() {
        Response login = logIn();
        String rows = database.query("select * from machine_manager.refresh_tokens");

        assertThat(rows).isNotBlank()
                .doesNotContain(refreshToken(login));
        String next = refreshToken(refresh(refreshToken(login)));
        assertThat(database.dump()).doesNotContain(next);
    }

    @Test
    void whatHasEndedByItselfIsForgotten() {
        ApiFixture.with(accessToken(logIn())).post("/logout").then().statusCode(200);
        logIn();
        sessions.purge();
        assertThat(database.query("select count(*) from machine_manager.revoked_tokens").strip()).isNotEqualTo("0");

        database.query("update machine_manager.refresh_tokens set expires_at = utc_timestamp(6)");
        database.query("update machine_manager.revoked_tokens set expires_at = utc_timestamp(6)");
        sessions.purge();

        assertThat(database.query("select count(*) from machine_manager.refresh_tokens").strip()).isEqualTo("0");
        assertThat(database.query("select count(*) from machine_manager.revoked_tokens").strip()).isEqualTo("0");
    }
}
