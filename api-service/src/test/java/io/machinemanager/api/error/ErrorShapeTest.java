package io.machinemanager.api.error;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;

/** Every layer answers in the one error shape. Requests are written by hand, since no client would send most of them. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ErrorShapeTest {

    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String TOKEN = "<token>";
    private static final String USER_TOKEN = "<token of a user>";

    @Inject
    ApiFixture scene;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    static Stream<Arguments> requests() {
        return Stream.of(request("an unknown address", "GET /nope", "", "", 404, "not_found"),
                request("an unknown address below a known one", "GET /machines/a/b", "", "", 404, "not_found"),
                request("the management's addresses", "GET /q/health", "", "", 404, "not_found"),
                request("a path out of the root", "GET /../etc/passwd", "", "", 404, "not_found"),
                request("an undecodable path", "GET /users/%zz", TOKEN, "", 400, "invalid_request"),
                request("another encoding", "POST /login", JSON, "\0{\0\0", 400, "invalid_request"),
                request("a denied path that is not escaped", "GET /users?x=\u009f", USER_TOKEN, "", 403, "forbidden"),
                request("an undecodable query", "GET /reserve?count=%zz", TOKEN, "", 400, "invalid_request"),
                request("another method", "DELETE /login", "", "", 405, "method_not_allowed"),
                request("an unknown method", "BREW /machines", "", "", 405, "method_not_allowed"),
                request("no token", "GET /whoami", "", "", 401, "unauthorized"),
                request("a broken token", "GET /whoami", "Authorization: Bearer x.y.z\r\n", "", 401, "unauthorized"),
                request("an empty token", "GET /whoami", "Authorization: Bearer \r\n", "", 401, "unauthorized"),
                request("another scheme", "GET /whoami", "Authorization: Basic YTpi\r\n", "", 401, "unauthorized"),
                request("not acceptable", "GET /whoami", TOKEN + "Accept: text/html\r\n", "", 406, "invalid_request"),
                request("a form", "POST /login", "Content-Type: application/x-www-form-urlencoded\r\n", "a=b", 415,
                        "unsupported_media_type"),
                request("an impossible type", "POST /login", "Content-Type: ///\r\n", "{}", 415,
                        "unsupported_media_type"),
                request("no body", "POST /login", JSON, "", 400, "invalid_request"),
                request("null", "POST /login", JSON, "null", 400, "invalid_request"),
                request("a list", "POST /login", JSON, "[]", 400, "invalid_request"),
                request("half an object", "POST /login", JSON, "{\"username\":", 400, "invalid_request"),
                request("two objects", "POST /login", JSON, "{}{}", 400, "invalid_request"),
                request("a field twice", "POST /login", JSON, "{\"username\":\"a\",\"username\":\"b\"}", 400,
                        "invalid_request"),
                request("a number for a text", "POST /login", JSON, "{\"username\":1}", 400, "invalid_request"),
                request("an object for a text", "POST /login", JSON, "{\"username\":{}}", 400, "invalid_request"),
                request("a text for a truth", "POST /users", TOKEN + JSON, "{\"is_admin\":\"yes\"}", 400,
                        "invalid_request"),
                request("a number too large", "POST /machines", TOKEN + JSON, "{\"port\":99999999999}", 400,
                        "invalid_request"),
                request("a null in quotes for a number", "PATCH /machines/nope", TOKEN + JSON,
                        "{\"port\":\"null\",\"enabled\":true}", 400, "invalid_request"),
                request("digits of another script", "PATCH /machines/nope", TOKEN + JSON,
                        "{\"port\":\"\\u0661\",\"enabled\":true}", 400, "invalid_request"),
                request("digits of another script in a query", "GET /machines?limit=%D9%A1", TOKEN, "", 400,
                        "invalid_request"),
                request("a number for a time", "PATCH /reservations/1", TOKEN + JSON,
                        "{\"reserved_until\":1893456000}", 400, "invalid_request"),
                request("a fraction for a time", "PATCH /reservations/1", TOKEN + JSON,
                        "{\"reserved_until\":1893456000.5}", 400, "invalid_request"),
                request("a number in quotes for a time", "PATCH /reservations/1", TOKEN + JSON,
                        "{\"reserved_until\":\"1893456000\"}", 400, "invalid_request"),
                request("a fraction", "POST /machines", TOKEN + JSON, "{\"port\":1.5}", 400, "invalid_request"),
                request("too deep", "POST /login", JSON, "{\"x\":" + "[".repeat(5000), 400, "invalid_request"),
                request("deep, and whole", "POST /login", JSON, "{\"x\":" + "[".repeat(5000) + "]".repeat(5000) + "}",
                        400,
                        "invalid_request"),
                request("not UTF-8", "POST /login", JSON, "{\"username\":\"\u00ff\u00fe\"}", 400, "invalid_request"),
                request("wrong credentials", "POST /login", JSON, "{\"username\":\"a\",\"password\":\"b\"}", 401,
                        "invalid_grant"),
                request("a body too large", "POST /login", JSON, "x".repeat(65 * 1024), 413, "invalid_request"),
                request("a body too large, in chunks", "POST /login", JSON + CHUNKED, chunks(65 * 1024), 413,
                        "invalid_request"),
                request("a body far too large, in chunks", "POST /login", JSON + CHUNKED, chunks(4 * 1024 * 1024), 413,
                        "invalid_request"),
                request("headers too large", "GET /healthz", "X: " + "x".repeat(17 * 1024) + "\r\n", "", 431,
                        "invalid_request"),
                request("an address too long", "GET /healthz?" + "x".repeat(5 * 1024), "", "", 414,
                        "invalid_request"));
    }

    /** A body that does not say how large it will be. */
    private static String chunks(int size) {
        String chunk = "400\r\n" + " ".repeat(1024) + "\r\n";
        return chunk.repeat(size / 1024) + "0\r\n\r\n";
    }

    private static Arguments request(String what, String line, String headers, String body, int status, String error) {
        return Arguments.of(what, line, headers, body, status, error);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void hasTheOneShape(String what, String line, String headers, String body, int status, String error)
            throws IOException {
        String answer = send(line, headers, body);

        assertThat(answer).startsWith("HTTP/1.1 " + status);
        assertThat(answer.toLowerCase()).contains("content-type: application/json", "cache-control: no-store");
        JsonObject json = new JsonObject(answer.substring(answer.indexOf("\r\n\r\n")));
        assertThat(json.getString("error")).isEqualTo(error);
        assertThat(json.getString("message")).matches("[A-Z][^\\n]+\\.").doesNotContain("jackson", "io.machinemanager",
                "Exception");
        assertThat(answer.toLowerCase().contains("www-authenticate: bearer")).isEqualTo(error.equals("unauthorized"));
    }

    @Test
    void aMethodThatIsNotTakenIsToldWhichAre() {
        given().delete("/login").then().statusCode(405).header("Allow", "POST, OPTIONS");
        given().put("/machines/m1").then().statusCode(405).header("Allow", "GET, HEAD, PATCH, DELETE, OPTIONS");
    }

    private static String withToken(String headers, String mark, String user) {
        return headers.contains(mark)
                ? headers.replace(mark, "Authorization: Bearer " + ApiFixture.tokenOf(user) + "\r\n")
                : headers;
    }

    private static String send(String line, String headers, String body) throws IOException {
        byte[] content = body.getBytes(StandardCharsets.ISO_8859_1);
        String head = line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + withToken(withToken(headers, TOKEN, "admin"), USER_TOKEN, "alice")
                + (content.length == 0 || headers.contains(CHUNKED) ? "" : "Content-Length: " + content.length + "\r\n")
                + "\r\n";
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().write(content);
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
