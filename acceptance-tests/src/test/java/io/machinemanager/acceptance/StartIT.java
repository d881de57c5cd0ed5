package io.machinemanager.acceptance;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.testing.MariaDb;

/** What the shipped services make of their environment when they start. */
class StartIT {

    private static final String KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private static Map<String, String> environment(String databaseUrl) {
        return new HashMap<>(Map.of("DATABASE_URL", databaseUrl, "MACHINE_SECRETS_KEY", KEY, "JWT_SECRET",
                "0123456789abcdef0123456789abcdef", "ADMIN_DEFAULT_PASSWORD", "the admin's own secret",
                "QUARKUS_HTTP_HOST", "127.0.0.1"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "api-service       | MACHINE_SECRETS_KEY | ''           | MACHINE_SECRETS_KEY is missing; make one with: openssl rand -base64 32",
            "scheduler-service | MACHINE_SECRETS_KEY | ''           | MACHINE_SECRETS_KEY is missing; make one with: openssl rand -base64 32",
            "api-service       | MACHINE_SECRETS_KEY | c2hvcnQ=     | MACHINE_SECRETS_KEY cannot be used: it holds 5 bytes instead of 32; make one with: openssl rand -base64 32",
            "api-service       | JWT_SECRET          | change-me    | JWT_SECRET is still change-me, which everybody knows.",
            "scheduler-service | LOG_FORMAT          | xml          | LOG_FORMAT must be text or json.",
            "scheduler-service | AUDIT_RETENTION_DAYS | 0           | AUDIT_RETENTION_DAYS must be at least 1.",
            "api-service       | ANSIBLE_PLAYBOOK    | /nowhere     | Account work needs Ansible, and /nowhere cannot be run: install ansible-core 2.14 or newer, or set ANSIBLE_PLAYBOOK." })
    void oneThingThatIsWrongEndsTheStartWithOneLine(String module, String name, String value, String line) {
        Map<String, String> environment = environment("jdbc:mariadb://127.0.0.1:1/nowhere?user=u&password=p");
        environment.put(name, value);
        try (PackagedService service = new PackagedService(module, environment)) {
            assertThat(service.startInVain()).isEqualTo(1);
            assertThat(service.log().lines()).containsExactly("Cannot start: " + line);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-service", "scheduler-service" })
    void anAnsibleThatIsTooOldEndsTheStartWithOneLine(String module, @TempDir Path folder) throws IOException {
        Path old = Files.writeString(folder.resolve("ansible-playbook"),
                "#!/bin/sh\necho 'ansible-playbook [core 2.13.13]'\necho '  config file = None'\n");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwx------"));
        Map<String, String> environment = environment("jdbc:mariadb://127.0.0.1:1/nowhere?user=u&password=p");
        environment.put("ANSIBLE_PLAYBOOK", old.toString());
        try (PackagedService service = new PackagedService(module, environment)) {
            assertThat(service.startInVain()).isEqualTo(1);
            assertThat(service.log().lines()).containsExactly("Cannot start: Account work needs ansible-core 2.14 or"
                    + " newer; found is: ansible-playbook [core 2.13.13]");
        }
    }

    @Test
    void eachLineOfAJsonLogIsAnObject() {
        try (MariaDb database = MariaDb.start()) {
            int port = PackagedService.freePort();
            Map<String, String> environment = environment(database.jdbcUrl() + "?user=test&password=test");
            environment.putAll(Map.of("LOG_FORMAT", "json", "QUARKUS_HTTP_PORT", Integer.toString(port)));
            try (PackagedService api = new PackagedService("api-service", environment);
                    PackagedService scheduler = new PackagedService("scheduler-service", environment)) {
                api.start();
                scheduler.start();
                given().baseUri("http://127.0.0.1").port(port).contentType("application/json")
                        .body(Map.of("username", "admin", "password", "a \"wrong\"\n{one}")).post("/login").then()
                        .statusCode(401);
                scheduler.stop();
                api.stop();
                assertThat(entries(scheduler.log())).anyMatch(message -> message.contains("machine-manager-scheduler"));
                assertThat(entries(api.log())).anyMatch(message -> message.contains("machine-manager-api"))
                        .anyMatch(message -> message.contains("action=logged_in"));
            }
        }
    }

    /** The messages of a log, of which each line must be an object that says when, how bad and what. */
    private static List<String> entries(String log) {
        return log.lines().map(StartIT::parse).map(entry -> {
            assertThat(Instant.parse(entry.path("timestamp").asText())).isBefore(Instant.now());
            assertThat(entry.path("level").asText()).isIn("DEBUG", "INFO", "WARN", "ERROR");
            assertThat(entry.path("loggerName").asText()).isNotEmpty();
            return entry.path("message").asText();
        }).toList();
    }

    private static JsonNode parse(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }
}
