package io.machinemanager.api.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ReservationRequestTest extends ReservationApiTestBase {

    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";
    private static final String OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    private ValidatableResponse post(String body) {
        return json(ApiFixture.with(alice)).body(body).post("/reservations").then();
    }

    @Test
    void reservingNeedsNothingButAToken() {
        reserve("").statusCode(200).header("Cache-Control", "no-store").body("username", is("alice"))
                .body("machines", hasSize(1)).body("machines[0].machine", is("m1"))
                .body("machines[0].host", is("127.0.0.1")).body("machines[0].port", is(22))
                .body("machines[0].reservation_id", greaterThan(0)).body("duration_minutes", is(60))
                .body("reserved_until", matchesPattern(".*Z")).body("reservation_password", matchesPattern("\\w{16,}"));
        assertThat(machines.allAccounts()).containsExactly("m1/alice");
    }

    @Test
    void aGivenPasswordIsEchoedOnlyWhereTheOriginalDidSo() {
        reserve("?count=2&duration=5&reservation_password=s3cret-word&username=guest").statusCode(200)
                .body("username", is("guest")).body("duration_minutes", is(5))
                .body("machines.machine", contains("m1", "m2")).body("reservation_password", is("s3cret-word"));
        reserve("?password=s3cret-word").statusCode(200).body("reservation_password", is("s3cret-word"));
    }

    @Test
    void theSameInABodyIsCreated() {
        post("{\"count\":2,\"duration_minutes\":5,\"reservation_password\":\"s3cret-word\",\"username\":\"guest\"}")
                .statusCode(201).header("Cache-Control", "no-store").body("username", is("guest"))
                .body("machines", hasSize(2)).body("duration_minutes", is(5))
                .body("$", not(hasKey("reservation_password")));
        post("{}").statusCode(201).body("reservation_password", matchesPattern("\\w{16,}"));
    }

    @Test
    void anSshKeyStandsInForThePassword() {
        int id = post("{\"ssh_public_key\":\"%s alice@home\\n\"}".formatted(KEY)).statusCode(201)
                .body("$", not(hasKey("reservation_password"))).extract().path("machines[0].reservation_id");
        scene.change(() -> {
            Reservation made = Reservation.findById((long) id);
            assertThat(made.sshPublicKey).isEqualTo(KEY);
            assertThat(made.passwordHash).as("no password lets anybody in").isEqualTo("*");
        });
        ApiFixture.with(alice).delete("/reservations/" + id).then().statusCode(200);
        scene.change(() -> assertThat(Reservation.<Reservation>findById((long) id).sshPublicKey).isNull());

        post("{\"reservation_password\":\"s3cret-word\",\"ssh_public_key\":\"%s\"}".formatted(KEY)).statusCode(201);
        scene.change(() -> assertThat(Reservation.<Reservation>find("sshPublicKey", KEY).firstResult().passwordHash)
                .startsWith("$6$"));
    }

    @Test
    void severalSshKeysAreLines() {
        int id = post("{\"ssh_public_key\":\"# mine\\n%s alice@home\\n\\n%s\\n%s\"}".formatted(KEY, OTHER_KEY, KEY))
                .statusCode(201).extract().path("machines[0].reservation_id");
        assertThat(keysOf(id)).isEqualTo(KEY + "\n" + OTHER_KEY);
    }

    private String keysOf(int reservation) {
        return QuarkusTransaction.requiringNew()
                .call(() -> Reservation.<Reservation>findById((long) reservation).sshPublicKey);
    }

    @Test
    void theCallersSshKeysStandInForThePassword() {
        keys("alice", OTHER_KEY, KEY);
        int id = post("{}").statusCode(201).body("$", not(hasKey("reservation_password"))).extract()
                .path("machines[0].reservation_id");
        assertThat(keysOf(id)).isEqualTo(OTHER_KEY + "\n" + KEY);
        scene.change(() -> assertThat(Reservation.<Reservation>findById((long) id).passwordHash).isEqualTo("*"));

        int withKey = post("{\"ssh_public_key\":\"%s\"}".formatted(KEY)).statusCode(201)
                .body("$", not(hasKey("reservation_password"))).extract().path("machines[0].reservation_id");
        assertThat(keysOf(withKey)).as("a key that is given counts alone").isEqualTo(KEY);
        int withPassword = post("{\"reservation_password\":\"s3cret-word\"}").statusCode(201).extract()
                .path("machines[0].reservation_id");
        assertThat(keysOf(withPassword)).as("a password that is given counts alone").isNull();
    }

    @Test
    void aClientOfTheOriginalGetsAPasswordAlsoWhenTheCallerHasSshKeys() {
        keys("alice", KEY);
        int id = reserve("").statusCode(200).body("reservation_password", matchesPattern("\\w{16,}")).extract()
                .path("machines[0].reservation_id");
        scene.change(() -> {
            Reservation made = Reservation.findById((long) id);
            assertThat(made.passwordHash).startsWith("$6$");
            assertThat(made.sshPublicKey).isNull();
        });
    }

    @Test
    void aRepeatedRequestIsTheSameWhenTheCallersSshKeysHaveChanged() {
        keys("alice", KEY);
        String first = withKey("k1", "{}").statusCode(201).body("$", not(hasKey("reservation_password"))).extract()
                .asString();
        keys("alice", OTHER_KEY);

        withKey("k1", "{}").statusCode(201).body(equalTo(first));
        assertThat(machines.allAccounts()).hasSize(1);
    }

    private static void keys(String user, String... keys) {
        List<Map<String, String>> named = IntStream.range(0, keys.length)
                .mapToObj(i -> Map.of("name", "key-" + i, "public_key", keys[i])).toList();
        json(ApiFixture.as(user)).body(Map.of("keys", named)).put("/whoami/ssh-keys").then().statusCode(200);
    }

    @Test
    void anSshKeyHasNoOptions() {
        for (String key : List.of("", "x", "ssh-dss AAAA", "no-pty " + KEY, KEY + "\\nx", KEY.substring(0, 60))) {
            post("{\"ssh_public_key\":\"%s\"}".formatted(key)).statusCode(400).body("error", is("invalid_request"))
                    .body("fields", contains("ssh_public_key"));
        }
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void tooFewMachinesAreAConflictThatTellsHowManyThereAre() {
        reserve("?count=2").statusCode(200);
        reserve("?count=2").statusCode(409).body("error", is("not_enough_available")).body("available", is(1))
                .body("next_free_at", matchesPattern(".*Z"));
        reserve("?count=4").statusCode(409).body("$", not(hasKey("next_free_at")));
    }

    @Test
    void whatCannotBeReservedIsABadRequest() {
        for (String query : new String[]{"?count=0", "?count=-1", "?count=abc", "?count=", "?count=99999999999",
                "?count=1.5", "?count=1&count=2", "?duration=0", "?duration=10081", "?duration=x", "?username=root",
                "?username=A", "?username=a%00b", "?username=a%0ab", "?password=", "?password=a%0ab",
                "?reservation_password=" + "x".repeat(129) }) {
            reserve(query).statusCode(400).body("error", is("invalid_request"));
        }
        for (String body : new String[]{"{\"count\":0}", "{\"count\":\"x\"}", "{\"count\":1.5}", "{\"username\":7}",
                "{\"duration_minutes\":0}", "[]", "" }) {
            post(body).statusCode(400).body("error", is("invalid_request"));
        }
        assertThat(machines.allAccounts()).isEmpty();
        assertThat(scene.states()).isEmpty();
    }

    @Test
    void theOriginalsLineWorksForItsAdmin() {
        ApiFixture.as("admin").get("/reserve?count=2&duration=60&reservation_password=test").then().statusCode(200)
                .body("username", is("admin")).body("machines", hasSize(2)).body("reservation_password", is("test"));
    }

    @Test
    void anEmptyUsernameIsNone() {
        reserve("?username=").statusCode(200).body("username", is("alice"));
        post("{\"username\":\"\"}").statusCode(201).body("username", is("alice"));
    }

    @Test
    void aNameThatIsNoAccountNameIsMadeOne() {
        ApiFixture.as("admin").contentType("application/json")
                .body("{\"username\":\"Bob@example.com\",\"password\":\"the Bob@example.com's password\"}")
                .post("/users").then()
                .statusCode(201);
        ApiFixture.with(ApiFixture.tokenOf("Bob@example.com")).get("/reserve").then().statusCode(200)
                .body("username", is("bob-example-com"));
        assertThat(machines.allAccounts()).containsExactly("m1/bob-example-com");
        ApiFixture.as("admin").delete("/users/Bob@example.com").then().statusCode(200);
    }

    @Test
    void anAccountThatExistsIsAConflictAndStays() {
        List<String> names = ApiFixture.as("alice").get("/machines").path("name");
        names.forEach(name -> machines.addForeignAccount(name, "alice"));
        reserve("").statusCode(409).body("error", is("conflict")).body("message",
                containsString("m1: The name exists."));
        assertThat(machines.accountsOn("m1")).containsExactly("alice");
        assertThat(scene.states()).isNotEmpty().allMatch(state -> state.endsWith("RELEASED"));
    }

    @Test
    void machinesThatAllFailAreNamedWithTheirReasons() {
        for (String machine : new String[]{"m1", "m2", "m3" }) {
            machines.fail(machine, Outcome.UNREACHABLE, "connection refused");
        }
        reserve("").statusCode(502).body("error", is("provisioning_failed"))
                .body("machines.m1", is("connection refused"));
    }

    @Test
    void aHeadReservesAndReleasesNothing() {
        reserve("");
        ApiFixture.with(alice).head("/reserve").then().statusCode(405).header("Allow", containsString("GET"));
        ApiFixture.as("admin").head("/release_all").then().statusCode(405);
        assertThat(machines.allAccounts()).hasSize(1);
    }

    @Test
    void theSameKeyReservesOnce() {
        String first = withKey("k1", "{\"count\":1}").statusCode(201).extract().asString();

        withKey("k1", "{\"count\":1}").statusCode(201).body(equalTo(first));
        withKey("k1", "{\"count\":2}").statusCode(409).body("error", is("conflict"));
        withKey("k2", "{\"count\":1}").statusCode(201).body(not(equalTo(first)));
        withKey("", "{}").statusCode(400);
        withKey("x".repeat(256), "{}").statusCode(400).body("message", containsString("Idempotency-Key"));
        assertThat(machines.allAccounts()).hasSize(2);
    }

    private ValidatableResponse withKey(String key, String body) {
        return json(ApiFixture.with(alice)).header("Idempotency-Key", key).body(body).post("/reservations").then();
    }
}
