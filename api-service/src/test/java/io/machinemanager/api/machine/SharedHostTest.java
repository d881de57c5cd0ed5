package io.machinemanager.api.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** A host is registered once, unless {@code shared_host} allows more. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class SharedHostTest extends MachineApiTestBase {

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
