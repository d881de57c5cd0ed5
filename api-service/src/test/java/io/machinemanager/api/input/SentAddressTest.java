package io.machinemanager.api.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import jakarta.inject.Inject;

import org.apache.commons.codec.digest.Crypt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;

/** Requests are written by hand: many programs escape no more of an address than they have to. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class SentAddressTest {

    @Inject
    ApiFixture scene;

    MariaDb database;

    @BeforeEach
    void setUp() {
        scene.reset();
        scene.machines("m1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ' ', textBlock = """
            one;two;three;four one;two;three;four
            Gr\u00fc\u00dfe-\u20ac-\ud83d\ude00 Gr\u00fc\u00dfe-\u20ac-\ud83d\ude00
            Gr%C3%BC%c3%9fe%3B%26%2B Gr\u00fc\u00dfe;&+
            a=b==c-d-e-f a=b==c-d-e-f
            """)
    void aPasswordInTheQueryIsTheOneThatWasSent(String sent, String meant) throws IOException {
        String answer = get("/reserve?count=1&username=bob&reservation_password=" + sent + "&duration=5");

        assertThat(answer).startsWith("HTTP/1.1 200").contains("\"duration_minutes\":5");
        String hash = database.query("select password_hash from machine_manager.reservations").strip();
        assertThat(Crypt.crypt(meant, hash)).isEqualTo(hash);
    }

    private static String get(String address) throws IOException {
        String request = "GET " + address
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
                + ApiFixture.tokenOf("alice") + "\r\n\r\n";
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
