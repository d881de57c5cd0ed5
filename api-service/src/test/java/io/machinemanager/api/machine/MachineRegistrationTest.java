package io.machinemanager.api.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class MachineRegistrationTest extends MachineApiTestBase {

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
}
