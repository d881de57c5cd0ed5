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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.UnavailableCause;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class MachineResourceTest {

    private static final String HOST_KEY = "ssh-ed25519 "
            + "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines fakes;

    @Inject
    SecretBox secrets;

    private String admin;
    private String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        admin = ApiFixture.tokenOf("admin");
        alice = ApiFixture.tokenOf("alice");
    }

    private ValidatableResponse register(Object body) {
        return ApiFixture.with(admin).contentType("application/json").body(body).post("/machines").then();
    }

    private ValidatableResponse change(String name, Object body) {
        return ApiFixture.with(admin).contentType("application/json").body(body).patch("/machines/" + name).then();
    }

    private ValidatableResponse get(String token, String path) {
        return ApiFixture.with(token).get(path).then().statusCode(200);
    }

    private static Map<String, Object> machine(String name) {
        // nothing listens there
        return Map.of("name", name, "host", "127.0.0.1", "port", 1, "user", "root", "password", "root's password");
    }

    private Machine stored(String name) {
        return QuarkusTransaction.requiringNew()
                .call(() -> Machine.byName(name).orElseThrow());
    }

    @Test
    void aRegistrationIsTakenAsTheOriginalTookIt() {
        register("{\"name\":\" m1 \",\"host\":\" 192.0.2.1\\t\",\"port\":\"22\",\"user\":\"root\",\"password\":4711,"
                + "\"host_key\":\"" + HOST_KEY + "\"}").statusCode(201).body("name", is("m1"))
                .body("host", is("192.0.2.1")).body("$", not(hasKey("warning")));
        assertThat(stored("m1").credentials(secrets)).isEqualTo(SshCredentials.password("4711"));
        register("{\"name\":\"  \",\"host\":\"h\",\"port\":22,\"user\":\"root\",\"password\":true}").statusCode(400);
        register("{\"name\":\"m2\",\"host\":\"h\",\"port\":22,\"user\":\"root\",\"password\":1.5}").statusCode(400);
    }

    @Test
    void anAddressOfTheServicesOwnContainerIsRegisteredWithAWarning() {
        int number = 0;
        for (String own : List.of("localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1",
                "0.0.0.0",
                "::", "x.localhost", "ip6-localhost")) {
            Map<String, Object> body = new HashMap<>(machine("own-" + ++number));
            body.putAll(Map.of("host", own, "host_key", HOST_KEY, "port", 1000 + number, "shared_host", true));
            register(body).statusCode(201).body("warning", containsString(own))
                    .body("warning", containsString("host.docker.internal"));
        }
        Map<String, Object> other = new HashMap<>(machine("other"));
        other.putAll(Map.of("host", "host.docker.internal", "host_key", HOST_KEY, "shared_host", true));
        register(other).statusCode(201).body("$", not(hasKey("warning")));
        change("other", Map.of("host", "localhost", "host_key", HOST_KEY, "password", "p")).statusCode(200)
                .body("warning", containsString("localhost"));
        get(admin, "/machines/other").body("$", not(hasKey("warning")));
    }

    @Test
    void aRegisteredMachineIsShownWithoutItsPassword() {
        register(machine("m1")).statusCode(201).body("name", is("m1")).body("host", is("127.0.0.1"))
                .body("port", is(1)).body("user", is("root")).body("reserved", is(false))
                .body("reserved_by", nullValue()).body("$", hasKey("reserved_by")).body("$", hasKey("reserved_until"))
                .body("$", not(hasKey("password")));

        get(alice, "/machines").body("name", contains("m1")).body("[0].state", is("unavailable"))
                .body("[0].reserved_until", nullValue());
        assertThat(stored("m1").sealedPassword).doesNotContain("root's password");
        assertThat(stored("m1").hostKeys).as("of a machine that does not answer").isNull();
    }

    @Test
    void everyMissingFieldIsNamed() {
        register("{}").statusCode(400).body("error", is("invalid_request"))
                .body("message", containsString("name, host, port, user, password"))
                .body("fields", contains("name", "host", "port", "user", "password"));
        register("{\"name\":\"m1\",\"port\":null,\"user\":\"root\"}").statusCode(400)
                .body("fields", contains("host", "port", "password"));
    }

    @Test
    void everyFieldThatBreaksARuleIsNamed() {
        register(Map.of("name", "-m", "host", "-oProxyCommand=x", "port", 65536, "user", "ro ot", "password", "a\nb"))
                .statusCode(400).body("fields", contains("name", "host", "port", "user", "password"));
        get(admin, "/machines").body("size()", is(0));
    }

    @Test
    void aPrivateKeyMayStandInForThePasswordAndIsNeverShown() throws IOException {
        String key = newPrivateKey();
        Map<String, Object> withKey = new HashMap<>(machine("m1"));
        withKey.remove("password");
        withKey.put("private_key", key);
        register(withKey).statusCode(201).body("$", not(hasKey("private_key")));
        assertThat(stored("m1").sealedPassword).isNull();
        assertThat(stored("m1").sealedPrivateKey).startsWith("v1:").doesNotContain(key.lines().toList().get(1));
        assertThat(stored("m1").credentials(secrets)).isEqualTo(new SshCredentials(null, key));

        change("m1", "{\"password\":\"now a password\"}").statusCode(200);
        assertThat(stored("m1").credentials(secrets)).isEqualTo(SshCredentials.password("now a password"));
        ApiFixture.with(admin).contentType("application/json").body(Map.of("private_key", key, "password", "for sudo"))
                .patch("/machines/m1").then().statusCode(200).body("$", not(hasKey("private_key")));
        assertThat(stored("m1").credentials(secrets)).isEqualTo(new SshCredentials("for sudo", key));
    }

    @Test
    void aPrivateKeyThatCannotBeUsedIsRefusedAtOnce() throws IOException {
        Map<String, Object> withKey = new HashMap<>(machine("m1"));
        withKey.put("private_key", "no key");
        register(withKey).statusCode(400).body("fields", contains("private_key"));
        String key = newPrivateKey();
        withKey.put("private_key", key.replace(key.lines().toList().get(2), "AAAA"));
        register(withKey).statusCode(400).body("fields", contains("private_key"))
                .body("message", containsString("cannot be used"));
        withKey.remove("password");
        withKey.remove("private_key");
        register(withKey).statusCode(400).body("fields", contains("password"));
    }

    private static String newPrivateKey() throws IOException {
        Path folder = Files.createTempDirectory("key");
        try {
            new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.resolve("key").toString())
                    .start().onExit().join();
            return Files.readString(folder.resolve("key"));
        } finally {
            for (String file : List.of("key", "key.pub", "")) {
                Files.deleteIfExists(folder.resolve(file));
            }
        }
    }

    @Test
    void aPortInQuotesIsTaken() {
        register(Map.of("name", "m1", "host", "::1", "port", "22221", "user", "root", "password", "x")).statusCode(201)
                .body("port", is(22221)).body("host", is("::1"));
    }

    @Test
    void aNameThatIsTakenIsAConflict() {
        register(machine("m1")).statusCode(201);
        register(machine("m1")).statusCode(409).body("error", is("conflict"));
        register(machine("M1", Map.of("port", 2))).statusCode(201);
    }

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
    void aPasswordOnRecordIsNotTakenAlongToAnotherAddress() throws IOException {
        scene.machines("m1");
        for (Map<String, Object> address : List.<Map<String, Object>>of(Map.of("host", "127.0.0.2"), Map.of("port", 1),
                Map.of("host", "127.0.0.2", "user", "ops", "host_key", HOST_KEY))) {
            change("m1", address).statusCode(400).body("fields", contains("password"))
                    .body("message", is("Give the password again for another address."));
        }
        assertThat(stored("m1").host).isEqualTo("127.0.0.1");
        assertThat(stored("m1").port).isEqualTo(22);
        change("m1", Map.of("host", "127.0.0.1", "port", 22)).statusCode(200);

        String key = newPrivateKey();
        change("m1", Map.of("port", 1, "private_key", key, "password", "for sudo")).statusCode(200);
        change("m1", Map.of("port", 2)).statusCode(400);
        change("m1", Map.of("private_key", key)).statusCode(200);
        change("m1", Map.of("port", 2)).statusCode(200);
        assertThat(stored("m1").credentials(secrets)).isEqualTo(new SshCredentials(null, key));
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

    private static Map<String, Object> machine(String name, Map<String, Object> more) {
        Map<String, Object> machine = new HashMap<>(machine(name));
        machine.putAll(more);
        return machine;
    }

    @Test
    void aMachineThatWorksIsFreeWhenTheAnswerOfItsRegistrationComes() {
        register(machine("m1", Map.of("host_key", HOST_KEY))).statusCode(201).body("state", is("free"))
                .body("last_seen_at", containsString("Z")).body("$", not(hasKey("reason")));
        assertThat(fakes.probes()).containsExactly("m1");
        assertThat(stored("m1").nextProbeAt).isAfter(stored("m1").lastSeenAt);
    }

    @Test
    void aMachineThatDoesNotWorkIsRegisteredAndTheAnswerSaysWhyItIsNotFree() {
        fakes.fail("m1", Outcome.UNREACHABLE, "The machine refuses the log-in.");
        register(machine("m1", Map.of("host_key", HOST_KEY))).statusCode(201).body("state", is("unavailable"))
                .body("reason",
                        is("No log-in there has worked yet; it is lent once one has. The machine refuses the log-in."));
        ApiFixture.with(alice).get("/reserve").then().statusCode(409).body("error", is("not_enough_available"));

        fakes.heal("m1");
        change("m1", Map.of("password", "the right one")).statusCode(200).body("state", is("free"));
    }

    @Test
    void aMachineOnWhichNoAccountIsOfUseIsRegisteredWithThatReason() {
        fakes.fail("m1", Outcome.UNUSABLE, "Its SSH server lets no new user in.");
        register(machine("m1", Map.of("host_key", HOST_KEY))).statusCode(201).body("state", is("unavailable"))
                .body("reason", is("Its SSH server lets no new user in.")).body("last_seen_at", containsString("Z"));
        get(admin, "/available").body("unavailable[0].reason", is("Its SSH server lets no new user in."));
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

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "::1", "LOCALHOST", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1", "127.0.0.1" })
    void oneHostIsNotRegisteredUnderTwoNames(String host) {
        register(machine("m1")).statusCode(201).body("shared_host", is(false));

        register(machine("m2", Map.of("host", host))).statusCode(409).body("error", is("conflict"))
                .body("message", containsString("m1")).body("message", containsString("shared_host"));
        register(machine("m2", Map.of("host", host, "port", 2))).statusCode(201);
        change("m2", Map.of("port", 1, "password", "x")).statusCode(409).body("message", containsString("m1"));
        get(admin, "/machines/m2").body("port", is(2));
        register(machine("m3", Map.of("host", host, "shared_host", true))).statusCode(201).body("shared_host",
                is(true));
        change("m3", Map.of("shared_host", false)).statusCode(409);
        change("m2", Map.of("port", 1, "password", "x", "shared_host", true)).statusCode(200)
                .body("shared_host", is(true)).body("port", is(1));
    }

    @Test
    void aHostKeyThatAnotherMachineHasIsAConflict() {
        register(machine("m1", Map.of("host_key", HOST_KEY))).statusCode(201);

        register(machine("m2", Map.of("host", "10.0.0.2", "host_key", HOST_KEY))).statusCode(409)
                .body("message", containsString("m1")).body("message", containsString("ssh-keygen -A"));
        register(machine("m2", Map.of("port", 2))).statusCode(201);
        change("m2", Map.of("host_key", HOST_KEY)).statusCode(409).body("message", containsString("m1"));
        assertThat(stored("m2").hostKeys).isNull();
        change("m2", Map.of("host_key", HOST_KEY, "shared_host", true)).statusCode(200).body("state", is("free"));
        change("m1", Map.of("host_key", HOST_KEY, "password", "x")).statusCode(200);
    }

    @Test
    void ofManyWhoRegisterOneHostAtOnceOneSucceeds() throws InterruptedException {
        List<Callable<Integer>> calls = IntStream.range(0, 12).<Callable<Integer>>mapToObj(
                i -> () -> register(machine("m" + i, Map.of("host_key", HOST_KEY, "port", i % 2 == 0 ? 1 : 2 + i)))
                        .extract().statusCode())
                .toList();
        List<Integer> answers;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            answers = executor.invokeAll(calls).stream().map(Future::resultNow).toList();
        }
        assertThat(answers).containsOnlyOnce(201).filteredOn(status -> status != 201).containsOnly(409).hasSize(11);
    }
}
