package io.machinemanager.api.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

import jakarta.inject.Inject;

import org.hamcrest.Matcher;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.ansible.AnsibleDriver;
import io.machinemanager.account.ssh.SshDriver;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.machine.Machine;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshPublicKey;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.smallrye.common.annotation.Identifier;

/** Who answers at the address of a machine has to show its key. The machine is a real one, and so is the driver. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class HostKeyTest {

    private static final String OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";

    private static Lab lab;

    @Inject
    @Identifier("ANSIBLE")
    AnsibleDriver ansible;

    @Inject
    @Identifier("SSH")
    SshDriver ssh;

    @Inject
    FakeMachines machines;

    @Inject
    ProbeService probes;

    @Inject
    ReservationService reservations;

    @Inject
    ApiFixture scene;

    private AccountDriver driver;
    private LabMachine real;
    private String admin;

    @BeforeAll
    static void startLab() {
        lab = Lab.start(3);
    }

    @AfterAll
    static void closeLab() {
        lab.close();
    }

    @BeforeEach
    void setUp() {
        scene.reset();
        driver = Deep.isIncluded() ? ansible : ssh;
        machines.delegate("real", driver);
        real = lab.machine(0);
        admin = ApiFixture.tokenOf("admin");
    }

    /** The key that the driver asks for: OpenSSH, under Ansible, for Ed25519, and the ssh driver for any of them. */
    private Matcher<String> namesTheKey() {
        return driver == ansible
                ? containsString(fingerprintNow())
                : anyOf(HostKeys.of(real.hostKeys()).stream()
                        .<Matcher<? super String>>map(key -> containsString(key.fingerprint())).toList());
    }

    private ValidatableResponse register(String hostKey) {
        Map<String, Object> body = new HashMap<>(Map.of("name", "real", "host", real.host(), "port", real.port(),
                "user", real.user(), "password", real.password()));
        body.put("host_key", hostKey);
        return ApiFixture.with(admin).contentType("application/json").body(body).post("/machines").then();
    }

    private ValidatableResponse change(String name, String hostKey) {
        return ApiFixture.with(admin).contentType("application/json").body(Map.of("host_key", hostKey))
                .patch("/machines/" + name).then();
    }

    private ValidatableResponse machine() {
        return ApiFixture.with(admin).get("/machines/real").then().statusCode(200);
    }

    private void probe() {
        scene.change(() -> Machine.update("nextProbeAt = createdAt"));
        Scheduled.probe(probes, 20);
    }

    private String fingerprintNow() {
        return HostKeys.of(real.hostKeys()).stream().filter(key -> key.type().equals("ssh-ed25519")).findFirst()
                .map(SshPublicKey::fingerprint).orElseThrow();
    }

    @Test
    void keysOfARegisteredMachineAreRecordedAndShown() {
        register(null).statusCode(201).body("$", not(hasKey("host_keys")));

        machine().body("host_keys.fingerprint", hasItem(fingerprintNow()))
                .body("host_keys.type", hasItem("ssh-ed25519"));
        ApiFixture.with(admin).get("/machines").then().body("[0]", not(hasKey("host_keys")));
    }

    @Test
    void keysOfAMachineThatDidNotAnswerAreRecordedAtTheFirstContactAndThatIsWrittenDown() {
        real.stop();
        register(null).statusCode(201);
        machine().body("host_keys", empty());
        real.start();

        ApiFixture.as("alice").get("/reserve").then().statusCode(409);
        probe();
        int reservation = ApiFixture.reserve("alice");

        machine().body("host_keys.fingerprint", hasItem(fingerprintNow()));
        ApiFixture.with(admin).get("/audit?action=host_keys_recorded&target=real").then()
                .body("target", contains("real"))
                .body("outcome", contains("done"));
        ApiFixture.as("alice").delete("/reservations/" + reservation).then().statusCode(200);
    }

    @Test
    void keyThatIsGivenCountsAndNotTheOneTheMachineShows() {
        register(OTHER + " somebody").statusCode(201).body("state", is("unavailable"))
                .body("reason", containsString("SSH host key has changed"));
        machine().body("host_keys.fingerprint",
                contains(HostKeys.of(OTHER).getFirst().fingerprint()));

        probe();
        machine().body("state", is("unavailable")).body("reason", containsString("SSH host key has changed"));

        change("real", real.hostKeys()).statusCode(200).body("state", is("free"));
        probe();
        machine().body("state", is("free")).body("reason", nullValue());
    }

    @Test
    void machineMadeAnewStaysOutUntilAnAdminAcceptsItsKey() {
        register(null).statusCode(201);
        real.wipe();
        probe();

        machine().body("state", is("unavailable")).body("reason", namesTheKey());
        scene.change(() -> assertThat(Machine.byName("real").orElseThrow().unavailableUntil)
                .isAfter("2999-01-01T00:00:00Z"));
        real.stop();
        probe();
        real.start();
        machine().body("reason", containsString("SSH host key has changed"));
        ApiFixture.as("alice").get("/reserve").then().statusCode(409);

        change("real", "rescan").statusCode(200).body("state", is("free")).body("host_keys.fingerprint",
                hasItem(fingerprintNow()));
        int reservation = ApiFixture.reserve("alice");
        assertThat(real.passwdHas("alice")).isTrue();
        ApiFixture.as("alice").delete("/reservations/" + reservation).then().statusCode(200);
    }

    @Test
    void theRecordedKeyStaysWhenOnlyTheSwitchIsMoved() {
        register(null).statusCode(201);
        String recorded = fingerprintNow();
        enable(false).body("state", is("disabled"));
        enable(true).body("state", is("free"));
        machine().body("host_keys.fingerprint", hasItem(recorded));

        real.wipe();
        probe();
        enable(false).body("state", is("disabled"));
        enable(true).body("state", is("unavailable"));

        machine().body("host_keys.fingerprint", hasItem(recorded))
                .body("reason", containsString("SSH host key has changed"));
    }

    private ValidatableResponse enable(boolean enabled) {
        return ApiFixture.with(admin).contentType("application/json").body(Map.of("enabled", enabled))
                .patch("/machines/real").then().statusCode(200);
    }

    @Test
    void machineMadeAnewWhileItWasLentIsCleanedOnceItsKeyIsAccepted() {
        register(null).statusCode(201);
        int reservation = ApiFixture.reserve("alice");
        real.wipe();

        ApiFixture.as("alice").delete("/reservations/" + reservation).then().statusCode(202)
                .body("pending", contains("real"));
        machine().body("state", is("cleaning")).body("reason", containsString("SSH host key has changed"));
        assertThat(reservations.claimDue(10).size()).as("in the pause after a failure").isZero();

        change("real", "rescan").statusCode(200).body("state", is("cleaning"));
        assertThat(Scheduled.cleanUp(reservations, 10)).isEqualTo(1);
        machine().body("state", is("free"));
        assertThat(scene.states()).containsExactly("real RELEASED");
    }

    @Test
    void keysThatCannotBeReadChangeNothing() {
        scene.machines("absent");
        scene.change(() -> Machine.update("port = 1 where name = 'absent'"));

        change("absent", "rescan").statusCode(409).body("error", is("conflict"))
                .body("message", containsString("does not answer"));
        change("absent", "nonsense").statusCode(400).body("fields", contains("host_key"));
        register("@cert-authority * " + OTHER).statusCode(400).body("fields", contains("host_key"));
        scene.change(() -> assertThat(Machine.byName("absent").orElseThrow().hostKeys).isEqualTo("ssh-ed25519 AAAA"));
    }

    @Test
    void oneHostUnderAnotherAddressIsFoundByItsKeysAlsoWhenTheyBecomeKnownLater() throws IOException {
        register(null).statusCode(201).body("state", is("free"));
        try (ServerSocket forwarded = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
            Thread.ofVirtual().start(() -> forward(forwarded));
            Map<String, Object> alias = Map.of("name", "alias", "host", "localhost", "port", forwarded.getLocalPort(),
                    "user", real.user(), "password", real.password());
            ApiFixture.with(admin).contentType("application/json").body(alias).post("/machines").then().statusCode(409)
                    .body("message", containsString("real")).body("message", containsString("SSH host key"));

            real.stop();
            ApiFixture.with(admin).contentType("application/json").body(alias).post("/machines").then().statusCode(201);
            real.start();
            machines.delegate("alias", driver);
            probe();
        }
        ApiFixture.with(admin).get("/machines/alias").then().body("state", is("unavailable"))
                .body("reason", containsString("The machine real has the same SSH host key"));
        machine().body("state", is("free"));
        ApiFixture.as("alice").get("/reserve?count=2").then().statusCode(409).body("available", is(1));
    }

    private void forward(ServerSocket from) {
        try {
            while (true) {
                Socket here = from.accept();
                Thread.ofVirtual().start(() -> {
                    try (here; Socket there = new Socket(real.host(), real.port())) {
                        Thread.ofVirtual().start(() -> copy(there, here));
                        copy(here, there);
                    } catch (IOException e) {
                        // as when nothing listens
                    }
                });
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // one of the two was closed
        }
    }
}
