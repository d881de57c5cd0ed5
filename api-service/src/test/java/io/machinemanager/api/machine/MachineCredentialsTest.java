package io.machinemanager.api.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class MachineCredentialsTest extends MachineApiTestBase {

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
}
