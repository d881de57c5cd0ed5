package io.machinemanager.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;

/** Clients that take their time, straight at the API's port. */
@QuarkusIntegrationTest
@WithTestResource(MariaDbResource.class)
@TestProfile(SlowClientsIT.Secrets.class)
class SlowClientsIT {

    /** What the packaged service does not start without. */
    public static class Secrets implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("users.admin-password", "the admin's password", "jwt.secret",
                    "the secret of the tests, of 32 bytes or more", "secrets.key",
                    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        }
    }

    private static final String HEAD = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

    private static Socket connect(String begin) throws IOException {
        Socket socket = new Socket("localhost", RestAssured.port);
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** A byte each second. */
    private static void drip(Socket socket, String text) {
        AtomicInteger sent = new AtomicInteger();
        await().pollInterval(Duration.ofSeconds(1)).atMost(Duration.ofMinutes(2)).until(() -> {
            socket.getOutputStream().write(text.charAt(sent.get()));
            return sent.incrementAndGet() == text.length();
        });
    }

    @Test
    void whoDoesNotSendTheHeadersIsCutOff() throws IOException {
        try (Socket nothing = connect("");
                Socket half = connect("GET /heal");
                Socket some = connect("GET /healthz HTTP/1.1\r\nHost: localhost\r\n")) {
            for (Socket socket : List.of(nothing, half, some)) {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void whoLetsTheHeadersTrickleInIsCutOff() throws IOException {
        try (Socket socket = connect("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")) {
            assertThatThrownBy(() -> drip(socket, "x".repeat(30))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whoLetsTheHeadersOfASecondRequestTrickleInIsCutOff() throws IOException {
        try (Socket socket = connect("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThatThrownBy(() -> drip(socket, "GET /healthz HTTP/1.1" + "x".repeat(20)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aCallMayTakeLongerThanItsHeaders() throws IOException {
        String body = "{\"username\":\"\"}";
        try (Socket socket = connect(HEAD + "Content-Length: " + body.length() + "\r\nConnection: close\r\n\r\n")) {
            drip(socket, body);
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 400");
        }
    }
}
