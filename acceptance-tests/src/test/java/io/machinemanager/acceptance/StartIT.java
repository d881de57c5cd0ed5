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
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.testing.Deep;
import io.machinemanager.testing.MariaDb;

/** What the shipped services make of their environment when they start. */
class StartIT {

    private static final String KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private static Map<String, String> environment(String databaseUrl) {
        return new HashMap<>(Map.of("DATABASE_URL", databaseUrl, "MACHINE_SECRETS_KEY", KEY, "JWT_SECRET",
                "0123456789abcdef0123456789abcdef", "ADMIN_DEFAULT_PASSWORD", "the admin's own secret",
                "QUARKUS_HTTP_HOST", "127.0.0.1"));
    }

    /** A setting that stops the start, and the line that says why. */
    private record Wrong(String name, String value, String line) {

        /** Ansible as that program; the line is what the check of Ansible says. */
        static Wrong ansible(String program, String line) {
            return new Wrong("ANSIBLE_PLAYBOOK", program, "Account work needs " + line);
        }
    }

    @TempDir
    static Path folder;

    /** What is wrong in one start: several settings at once, and with the deep tests each of them by itself too. */
    private static Stream<Arguments> wrongSettings() throws IOException {
        Path old = Files.writeString(folder.resolve("ansible-playbook"),
                "#!/bin/sh\necho 'ansible-playbook [core 2.13.13]'\necho '  config file = None'\n");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwx------"));
        Wrong oldAnsible = Wrong.ansible(old.toString(),
                "ansible-core 2.14 or newer; found is: ansible-playbook [core 2.13.13]");
        Wrong noKey = new Wrong("MACHINE_SECRETS_KEY", "",
                "MACHINE_SECRETS_KEY is missing; make one with: openssl rand -base64 32");
        List<Wrong> ofApi = List.of(new Wrong("MACHINE_SECRETS_KEY", "c2hvcnQ=",
                "MACHINE_SECRETS_KEY cannot be used: it holds 5 bytes instead of 32; make one with: openssl rand -base64 32"),
                new Wrong("JWT_SECRET", "change-me", "JWT_SECRET is still change-me, which everybody knows."),
                Wrong.ansible("/nowhere",
                        "Ansible, and /nowhere cannot be run: install ansible-core 2.14 or newer, or set"
                                + " ANSIBLE_PLAYBOOK."));
        List<Wrong> ofScheduler = List.of(noKey, oldAnsible,
                new Wrong("LOG_FORMAT", "xml", "LOG_FORMAT must be text or json."),
                new Wrong("AUDIT_RETENTION_DAYS", "0", "AUDIT_RETENTION_DAYS must be at least 1."));
        Stream<Arguments> together = Stream.of(Arguments.of("api-service", ofApi),
                Arguments.of("scheduler-service", ofScheduler));
        if (!Deep.isIncluded()) {
            return together;
        }
        Stream<Arguments> alone = Stream.concat(
                Stream.of(ofApi, List.of(noKey, oldAnsible)).flatMap(List::stream)
                        .map(wrong -> Arguments.of("api-service", List.of(wrong))),
                ofScheduler.stream().map(wrong -> Arguments.of("scheduler-service", List.of(wrong))));
        return Stream.concat(together, alone);
    }

    @ParameterizedTest
    @MethodSource("wrongSettings")
    void whatIsWrongEndsTheStartWithALineForEach(String module, List<Wrong> settings) {
        Map<String, String> environment = environment("jdbc:mariadb://127.0.0.1:1/nowhere?user=u&password=p");
        settings.forEach(wrong -> environment.put(wrong.name, wrong.value));
        try (PackagedService service = new PackagedService(module, environment)) {
            assertThat(service.startInVain()).isEqualTo(1);
            assertThat(service.log().lines()).containsExactlyInAnyOrderElementsOf(
                    settings.stream().map(wrong -> "Cannot start: " + wrong.line).toList());
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
