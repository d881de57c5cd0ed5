package io.machinemanager.api.machine;

import java.util.HashMap;
import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.machine.Machine;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.testing.FakeMachines;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.restassured.response.ValidatableResponse;

/** An empty pool, and helpers for tests of the calls on machines. */
abstract class MachineApiTestBase {

    static final String HOST_KEY = "ssh-ed25519 "
            + "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines fakes;

    @Inject
    SecretBox secrets;

    String admin;
    String alice;

    @BeforeEach
    void setUp() {
        scene.reset();
        admin = ApiFixture.tokenOf("admin");
        alice = ApiFixture.tokenOf("alice");
    }

    ValidatableResponse register(Object body) {
        return ApiFixture.with(admin).contentType("application/json").body(body).post("/machines").then();
    }

    ValidatableResponse change(String name, Object body) {
        return ApiFixture.with(admin).contentType("application/json").body(body).patch("/machines/" + name).then();
    }

    ValidatableResponse get(String token, String path) {
        return ApiFixture.with(token).get(path).then().statusCode(200);
    }

    static Map<String, Object> machine(String name) {
        // nothing listens there
        return Map.of("name", name, "host", "127.0.0.1", "port", 1, "user", "root", "password", "root's password");
    }

    static Map<String, Object> machine(String name, Map<String, Object> more) {
        Map<String, Object> machine = new HashMap<>(machine(name));
        machine.putAll(more);
        return machine;
    }

    Machine stored(String name) {
        return QuarkusTransaction.requiringNew()
                .call(() -> Machine.byName(name).orElseThrow());
    }
}
