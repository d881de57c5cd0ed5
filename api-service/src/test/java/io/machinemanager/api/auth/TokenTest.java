package io.machinemanager.api.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.reservation.UserDeletionService;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.UserChange;
import io.machinemanager.user.UserService;
import io.machinemanager.user.UserStatus;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class TokenTest {

    private static final JwtKey KEY = new JwtKey("the secret of the tests, of 32 bytes or more");
    private static final JwtKey PREVIOUS_KEY = new JwtKey("the secret before that one, of 32 bytes or more");

    @Inject
    ApiFixture scene;

    @Inject
    UserService users;

    @Inject
    UserDeletionService deletion;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    private String forge(UnaryOperator<ForgedToken> change) {
        UserStatus alice = users.status("alice").orElseThrow();
        return change.apply(ForgedToken.of(alice, KEY)).build();
    }

    private static int status(String token) {
        return ApiFixture.with(token).get("/whoami").statusCode();
    }

    @Test
    void aTokenMadeByTheRulesIsTaken() {
        assertThat(status(forge(token -> token))).isEqualTo(200);
    }

    @Test
    void aTokenOfTheSecretBeforeARotationIsTakenAndNewOnesAreOfTheNewSecret() {
        assertThat(status(forge(token -> token.signedBy(PREVIOUS_KEY)))).isEqualTo(200);

        String header = new String(Base64.getUrlDecoder().decode(ApiFixture.tokenOf("alice").split("\\.")[0]));
        assertThat(header).contains(KEY.id()).doesNotContain(PREVIOUS_KEY.id());
    }

    @Test
    void whateverIsWrongWithATokenMakesItWorthless() {
        long now = Instant.now().getEpochSecond();
        Map<String, UnaryOperator<ForgedToken>> wrongs = Map.ofEntries(
                Map.entry("no algorithm", token -> token.algorithm("none")),
                Map.entry("another algorithm", token -> token.algorithm("HS512")),
                Map.entry("another secret", token -> token.signedBy(new JwtKey("x".repeat(40)))),
                Map.entry("another key's id", token -> token.keyId(PREVIOUS_KEY.id())),
                Map.entry("an unknown key's id", token -> token.keyId("0123456789abcdef")),
                Map.entry("another algorithm with the key's id", token -> token.algorithm("HS384")),
                Map.entry("another issuer", token -> token.with("iss", "somebody")),
                Map.entry("no issuer", token -> token.without("iss")),
                Map.entry("no exp", token -> token.without("exp")),
                Map.entry("no iat", token -> token.without("iat")),
                Map.entry("no nbf", token -> token.without("nbf")),
                Map.entry("no jti", token -> token.without("jti")),
                Map.entry("no sub", token -> token.without("sub")),
                Map.entry("no roles", token -> token.without("roles")),
                Map.entry("no ver", token -> token.without("ver")),
                Map.entry("another ver", token -> token.with("ver", "0")),
                Map.entry("expired", token -> token.with("exp", now - 1)),
                Map.entry("not yet valid", token -> token.with("nbf", now + 60)),
                Map.entry("issued in the future", token -> token.with("iat", now + 60)),
                Map.entry("nbf is no number", token -> token.with("nbf", "soon")),
                Map.entry("unknown user", token -> token.with("sub", "nobody")),
                Map.entry("a padded name", token -> token.with("sub", "alice ")),
                Map.entry("a list of names", token -> token.with("sub", List.of("alice"))));

        wrongs.forEach((name, wrong) -> ApiFixture.with(forge(wrong)).get("/whoami").then().statusCode(401)
                .header("WWW-Authenticate", "Bearer error=\"invalid_token\"").body("error", is("unauthorized")));
    }

    @Test
    void rolesComeFromTheDatabaseAndNotFromTheToken() {
        String token = forge(forged -> forged.with("roles", List.of("admin")));

        ApiFixture.with(token).get("/users").then().statusCode(403).body("error", is("forbidden"));
        ApiFixture.with(token).get("/whoami").then().body("roles", is(List.of()));
    }

    @Test
    void aTokenDiesWithItsUserEvenIfTheNameComesBack() {
        String token = ApiFixture.tokenOf("alice");
        assertThat(status(token)).isEqualTo(200);

        deletion.delete("alice");
        assertThat(status(token)).isEqualTo(401);

        users.create(new NewUser("alice", ApiFixture.passwordOf("alice"), false));
        assertThat(status(token)).isEqualTo(401);
    }

    @Test
    void aDemotedAdminIsLoggedOutAndAfterwardsAnOrdinaryUser() {
        users.change("alice", new UserChange(null, true));
        String token = ApiFixture.tokenOf("alice");
        ApiFixture.with(token).get("/users").then().statusCode(200);

        ApiFixture.as("admin").contentType("application/json").body(Map.of("is_admin", false)).patch("/users/alice")
                .then()
                .statusCode(200);

        ApiFixture.with(token).get("/users").then().statusCode(401);
        ApiFixture.as("alice").get("/users").then().statusCode(403);
    }

    @Test
    void aChangeOfRoleEndsAllTokensOfTheUser() {
        String token = ApiFixture.tokenOf("alice");

        users.change("alice", new UserChange(null, true));

        assertThat(status(token)).isEqualTo(401);
        ApiFixture.as("alice").get("/users").then().statusCode(200);
    }
}
