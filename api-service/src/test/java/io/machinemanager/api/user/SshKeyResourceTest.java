package io.machinemanager.api.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.NewSshKey;
import io.machinemanager.user.UserService;
import io.machinemanager.user.UserSshKeyService;
import io.machinemanager.user.UserStatus;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class SshKeyResourceTest {

    private static final String OWN = "/whoami/ssh-keys";
    private static final String RSA_1024 = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ" + "D".repeat(172);

    @Inject
    ApiFixture scene;

    @Inject
    UserService users;

    @Inject
    UserSshKeyService keys;

    MariaDb database;

    private String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        alice = ApiFixture.tokenOf("alice");
    }

    private static ValidatableResponse put(RequestSpecification as, String path, Object body) {
        return as.contentType("application/json").body(body).put(path).then();
    }

    private ValidatableResponse put(Object... keys) {
        return put(ApiFixture.with(alice), OWN, Map.of("keys", List.of(keys)));
    }

    private ValidatableResponse list() {
        return ApiFixture.with(alice).get(OWN).then().statusCode(200);
    }

    private static Map<String, String> key(String name, String publicKey) {
        return Map.of("name", name, "public_key", publicKey);
    }

    /** A key that differs from the others in its last byte. */
    private static String line(int number) {
        byte[] blob = Base64.getDecoder()
                .decode("AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx");
        blob[blob.length - 1] = (byte) number;
        return "ssh-ed25519 " + Base64.getEncoder().encodeToString(blob);
    }

    @Test
    void theWholeListIsReplacedAndShownByName() {
        list().body("keys", empty());
        put(key("laptop", line(1) + " alice@laptop\n"), key("desk", line(2))).statusCode(200)
                .body("keys.name", contains("desk", "laptop"));

        list().body("keys.name", contains("desk", "laptop")).body("keys.type", everyItem(is("ssh-ed25519")))
                .body("keys[1].public_key", is(line(1))).body("keys.fingerprint",
                        everyItem(matchesPattern("SHA256:[A-Za-z0-9+/]{43}")))
                .body("keys.created_at", everyItem(matchesPattern(".*Z")));
        ApiFixture.as("admin").get("/users/alice/ssh-keys").then().statusCode(200).body("keys", hasSize(2));
        ApiFixture.as("bob").get(OWN).then().body("keys", empty());

        put(key("phone", line(3))).statusCode(200).body("keys.name", contains("phone"));
        list().body("keys.name", contains("phone"));
        put().statusCode(200).body("keys", empty());
        list().body("keys", empty());
    }

    @Test
    void whatIsListedMayBeSentBackAndKeepsItsTimes() {
        put(key("a", line(1)), key("b", line(2))).statusCode(200);
        String before = list().extract().asString();

        put(ApiFixture.with(alice), OWN, before).statusCode(200);
        assertThat(list().extract().asString()).isEqualTo(before);
        String created = list().extract().path("keys[0].created_at");
        put(key("a", line(1)), key("b", line(1))).statusCode(400);
        put(key("b", line(1)), key("a", line(2))).statusCode(200).body("keys[0].public_key", is(line(2)))
                .body("keys[0].created_at", not(is(created)));
    }

    @Test
    void aListThatIsNotAllowedChangesNothing() {
        put(key("kept", line(9))).statusCode(200);
        Stream<Map.Entry<List<Object>, String>> wrong = Stream.of(
                Map.entry(List.of(key("a", line(1)), key("a", line(2))), "Two keys are named a."),
                Map.entry(List.of(key("a", line(1)), key("b", line(1) + " other")), "a and b are the same key."),
                Map.entry(List.of(key("", line(1))), "1 to 64 characters"),
                Map.entry(List.of(key("a b", line(1))), "1 to 64 characters"),
                Map.entry(List.of(key("a\nb", line(1))), "1 to 64 characters"),
                Map.entry(List.of(key("x".repeat(65), line(1))), "1 to 64 characters"),
                Map.entry(List.of(key("{{a}}", line(1))), "1 to 64 characters"),
                Map.entry(List.of(key("a", "")), "Key a: An SSH public key that is not one line"),
                Map.entry(List.of(key("a", "$(id)")), "is not one line"),
                Map.entry(List.of(key("a", line(1) + "\n" + line(2))), "is not one line"),
                Map.entry(List.of(key("a", "no-pty " + line(1))), "has options in front of its type"),
                Map.entry(List.of(key("a", "ssh-dss AAAAB3NzaC1kc3MA")), "Key a: "),
                Map.entry(List.of(key("a", RSA_1024)), "Key a: "),
                Map.entry(List.of(Map.of("name", "a")), "a name and a public_key"),
                Map.entry(List.of(Map.of("public_key", line(1))), "a name and a public_key"),
                Map.entry(new ArrayList<>(IntStream.range(0, 11).mapToObj(i -> key("k" + i, line(i))).toList()),
                        "at most 10 SSH keys, and these are 11"));
        wrong.forEach(entry -> put(ApiFixture.with(alice), OWN, Map.of("keys", entry.getKey())).statusCode(400)
                .body("error", is("invalid_request")).body("message", containsString(entry.getValue()))
                .body("fields", contains("keys")));
        list().body("keys.name", contains("kept"));
    }

    @Test
    void aBodyOfTheWrongShapeIsRefusedAndChangesNothing() {
        put(key("kept", line(9))).statusCode(200);
        for (String body : List.of("", "[]", "{}", "{\"keys\":null}", "{\"keys\":\"\"}", "{\"keys\":\"x\"}",
                "{\"keys\":7}", "{\"keys\":{}}", "{\"keys\":[null]}", "{\"keys\":[\"\"]}", "{\"keys\":[7]}",
                "{\"keys\":[[]]}", "{\"keys\":[{}]}", "{\"keys\":[{\"name\":7,\"public_key\":\"x\"}]}",
                "{\"keys\":[{\"name\":\"a\",\"public_key\":true}]}", "{\"keys\":{\"name\":\"a\"}}")) {
            put(ApiFixture.with(alice), OWN, body).statusCode(400).body("error", is("invalid_request"));
        }
        list().body("keys.name", contains("kept"));
    }

    @Test
    void aPrivateKeyIsNamedAsOneAndNotRepeated() {
        String secret = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ";
        put(key("laptop", "-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret + "\n-----END OPENSSH PRIVATE KEY-----\n"))
                .statusCode(400).body("message", containsString("Key laptop: This is a private key"))
                .body("message", not(containsString(secret))).body("message", not(containsString("BEGIN")));
        list().body("keys", empty());
    }

    @Test
    void tenKeysAreAllowed() {
        put(IntStream.range(0, 10).mapToObj(i -> key("k" + i, line(i))).toArray()).statusCode(200)
                .body("keys", hasSize(10));
    }

    @Test
    void anApiKeyMayReadAndNotChange() {
        put(key("laptop", line(1))).statusCode(200);
        String apiKey = ApiFixture.with(alice).contentType("application/json").body(Map.of("name", "ci"))
                .post("/whoami/api-keys").path("api_key");

        ApiFixture.with(apiKey).get(OWN).then().statusCode(200).body("keys.name", contains("laptop"));
        put(ApiFixture.with(apiKey), OWN, Map.of("keys", List.of())).statusCode(403);
        list().body("keys.name", contains("laptop"));
    }

    @Test
    void anAdminSetsTheKeysOfAUserAndAnApiKeyOfAnAdminThoseOfNoAdmin() {
        String apiKey = ApiFixture.as("admin").contentType("application/json").body(Map.of("name", "ci"))
                .post("/whoami/api-keys").path("api_key");
        Object body = Map.of("keys", List.of(key("laptop", line(1))));

        put(ApiFixture.with(apiKey), "/users/alice/ssh-keys", body).statusCode(200);
        list().body("keys.name", contains("laptop"));
        put(ApiFixture.with(apiKey), "/users/admin/ssh-keys", body).statusCode(403);
        put(ApiFixture.as("admin"), "/users/admin/ssh-keys", body).statusCode(200);
        put(ApiFixture.as("admin"), "/users/nobody-there/ssh-keys", body).statusCode(404);
        put(ApiFixture.as("bob"), "/users/alice/ssh-keys", body).statusCode(403);
        ApiFixture.as("bob").get("/users/alice/ssh-keys").then().statusCode(403);
    }

    @Test
    void aChangeOfAnOlderVersionIsRefused() {
        put(key("a", line(1))).statusCode(200);
        String tag = list().extract().header("ETag");
        ApiFixture.with(alice).header("If-None-Match", tag).get(OWN).then().statusCode(304);
        put(key("b", line(2))).statusCode(200);

        put(ApiFixture.with(alice).header("If-Match", tag), OWN, Map.of("keys", List.of())).statusCode(412);
        list().body("keys.name", contains("b"));
        put(ApiFixture.with(alice).header("If-Match", list().extract().header("ETag")), OWN,
                Map.of("keys", List.of())).statusCode(200);
    }

    @Test
    void changesAreAuditedWithTheFingerprint() {
        put(key("audited", line(1))).statusCode(200);
        String fingerprint = list().extract().path("keys[0].fingerprint");
        put(key("audited", line(1))).statusCode(200);
        put(key("audited", line(2))).statusCode(200);

        ApiFixture.as("admin").get("/audit?action=ssh_key_added&target=audited").then()
                .body("actor", contains("alice", "alice")).body("detail", hasItem("of alice, " + fingerprint));
        ApiFixture.as("admin").get("/audit?action=ssh_key_removed&target=audited").then()
                .body("actor", contains("alice")).body("detail", contains("of alice, " + fingerprint));
    }

    @Test
    void keysGoWithTheirUser() {
        put(key("laptop", line(1))).statusCode(200);
        assertThat(database.query("select count(*) from machine_manager.user_ssh_keys")).contains("1");
        ApiFixture.as("admin").delete("/users/alice").then().statusCode(200);
        assertThat(database.query("select count(*) from machine_manager.user_ssh_keys")).contains("0");
    }

    @Test
    void keysGoWhenThePasswordIsChanged() {
        put(key("laptop", line(1))).statusCode(200);
        ApiFixture.as("admin").contentType("application/json").body(Map.of("is_admin", true)).patch("/users/alice")
                .then().statusCode(200);
        ApiFixture.as("admin").get("/users/alice/ssh-keys").then().body("keys", hasSize(1));

        ApiFixture.as("admin").contentType("application/json").body(Map.of("password", "quite another one"))
                .patch("/users/alice").then().statusCode(200);
        ApiFixture.as("admin").get("/users/alice/ssh-keys").then().body("keys", empty());
    }

    @Test
    void aUserThatWasChangedSinceTheTokenWasCheckedChangesNothing() {
        UserStatus status = users.status("alice").orElseThrow();
        UserStatus older = new UserStatus(status.userId(), status.username(), status.admin(),
                status.tokenVersion() + 1, status.at());

        assertThatThrownBy(() -> keys.replaceOwn(older, List.of(NewSshKey.of("a", line(1))), current -> {
        })).isInstanceOf(ForbiddenException.class);
        list().body("keys", empty());
    }

    @Test
    void ofChangesAtTheSameInstantOneRemainsWhole() throws Exception {
        List<Callable<Integer>> changes = IntStream.range(0, 8).mapToObj(i -> (Callable<Integer>) () -> put(
                key("k" + i, line(i)), key("same", line(100 + i))).extract().statusCode()).toList();
        try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(workers.invokeAll(changes)).extracting(Future::get).containsOnly(200);
        }
        list().body("keys", hasSize(2)).body("keys[1].name", equalTo("same"));
    }
}
