package io.machinemanager.api.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.api.http.BodyLimit;
import io.machinemanager.testing.LogLines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;

/** What clients break off or send malformed is theirs: at most one line each, at DEBUG, and never a stack trace. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class BrokenOffTest {

    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String CHUNKED = JSON + "Transfer-Encoding: chunked\r\n";
    private static final Logger BODIES = Logger.getLogger(BodyLimit.class.getName());
    private static final Logger ERRORS = Logger.getLogger(ErrorMappers.class.getName());

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private enum End {
        CLOSE, HALF_CLOSE
    }

    @Inject
    ApiFixture scene;

    MariaDb database;

    private LogLines graver;

    @BeforeEach
    void listen() {
        scene.reset();
        BODIES.setLevel(Level.FINE);
        ERRORS.setLevel(Level.FINE);
        graver = LogLines.from(Level.WARNING);
    }

    @AfterEach
    void stopListening() {
        graver.close();
        BODIES.setLevel(null);
        ERRORS.setLevel(null);
    }

    private static String head(String line, String headers) {
        return line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    }

    private static Socket connect(String request) throws IOException {
        Socket socket = new Socket("localhost", RestAssured.port);
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    private static String answer(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    static Stream<String> uploads() {
        return Stream.of(head("POST /login", JSON + "Content-Length: 100\r\n") + "{\"username\"",
                head("POST /login", JSON + "Content-Length: 100\r\n"), head("POST /login", CHUNKED) + "5\r\n{\"use",
                head("POST /login", CHUNKED) + "1\r\n{\r\n", head("POST /token/refresh", CHUNKED),
                head("POST /login", JSON + "Content-Length: 9\r\nExpect: 100-continue\r\n"));
    }

    /** A connection may be gone before its request was begun, so there may be fewer lines than uploads. */
    @ParameterizedTest
    @EnumSource(End.class)
    void anUploadThatIsBrokenOffIsAtMostOneLineForDebugging(End how) {
        AtomicLong sent = new AtomicLong();
        try (LogLines lines = LogLines.of(BodyLimit.class)) {
            Awaitility.await().atMost(PATIENCE).until(() -> {
                breakOffEachUpload(how);
                sent.addAndGet(uploads().count());
                return !lines.all().isEmpty();
            });
            Awaitility.await().during(Duration.ofSeconds(2)).atMost(PATIENCE)
                    .until(() -> lines.all().size() <= sent.get());
            assertThat(lines.all()).allMatch(line -> line.startsWith("A client did not send its whole body: "));
        }
        assertThat(graver.all()).isEmpty();
    }

    private static void breakOffEachUpload(End how) throws IOException {
        for (String upload : (Iterable<String>) uploads()::iterator) {
            try (Socket socket = connect(upload)) {
                if (how == End.HALF_CLOSE) {
                    socket.shutdownOutput();
                    answer(socket);
                }
            }
        }
    }

    @Test
    void anUploadThatIsResetIsAtMostOneLineForDebugging() throws IOException {
        try (LogLines lines = LogLines.of(BodyLimit.class)) {
            for (String upload : (Iterable<String>) uploads()::iterator) {
                try (Socket socket = connect(head("GET /healthz", "") + upload)) {
                    assertThat(socket.getInputStream().read()).isEqualTo('H');
                    socket.setSoLinger(true, 0);
                }
            }
            Awaitility.await().during(Duration.ofSeconds(2)).atMost(PATIENCE)
                    .until(() -> lines.all().size() <= uploads().count() && graver.all().isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\nzz\r\n", "-2\r\n{}\r\n0\r\n\r\n",
            "ffffffffffffffff\r\n{}\r\n0\r\n\r\n", "2\r\n{}XX0\r\n\r\n", "2\r\n{}\r\n0\r\nno\u0000trailer: x\r\n\r\n" })
    void aMalformedChunkIsA400(String body) throws IOException {
        try (Socket socket = connect(head("POST /login", CHUNKED) + body)) {
            assertIsInvalid(answer(socket));
        }
        assertThat(graver.all()).isEmpty();
    }

    @Test
    void aChunkThatIsMalformedLaterIsA400Too() throws IOException {
        try (LogLines lines = LogLines.of(BodyLimit.class);
                Socket socket = connect(head("POST /login", CHUNKED) + "2\r\n{}\r\n")) {
            socket.getOutputStream().write("zz\r\n".getBytes(StandardCharsets.US_ASCII));
            assertIsInvalid(answer(socket));
            assertThat(lines.all()).containsExactly("A client sent a body in malformed chunks");
        }
        assertThat(graver.all()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"POST /logout, 401", "GET /healthz, 200", "DELETE /machines/m1, 401", "POST /nope, 404" })
    void aMalformedChunkThatNobodyReadsDoesNotTakeTheAnswerAway(String line, int status) throws IOException {
        try (Socket socket = connect(head(line, CHUNKED) + "zz\r\n{}\r\n0\r\n\r\n")) {
            assertThat(answer(socket)).startsWith("HTTP/1.1 " + status);
        }
        assertThat(graver.all()).isEmpty();
    }

    @Test
    void aGoodBodyInChunksLeavesTheConnectionToTheNextRequest() throws IOException {
        String good = head("POST /login", CHUNKED) + "2\r\n{}\r\n0\r\n\r\n";
        try (Socket socket = connect(good + good + head("GET /healthz", "Connection: close\r\n"))) {
            assertThat(answer(socket).split("HTTP/1.1 ")).hasSize(4).satisfies(
                    answers -> assertThat(answers[3]).startsWith("200"));
        }
    }

    @Test
    void anUnknownVersionOfHttpIsRefusedInTheOneShape() throws IOException {
        try (Socket socket = connect("GET /healthz HTTP/3.7\r\nHost: localhost\r\n\r\n")) {
            String answer = answer(socket);
            assertThat(answer).containsPattern("^HTTP/\\d\\.\\d 505 ");
            assertThat(body(answer).getString("error")).isEqualTo("invalid_request");
        }
    }

    @ParameterizedTest
    @MethodSource("answers")
    void anAnswerThatIsNotWaitedForIsNoDefect(String request) throws IOException {
        for (int i = 0; i < 5; i++) {
            try (Socket socket = connect(request)) {
                socket.setSoLinger(true, 0);
            }
        }
        ApiFixture.as("alice").get("/whoami").then().statusCode(200);
        assertThat(graver.all()).isEmpty();
    }

    static Stream<String> answers() {
        return Stream.of(head("GET /healthz", ""), head("GET /whoami", ""),
                head("POST /login", JSON + "Content-Length: 33\r\n") + "{\"username\":\"a\",\"password\":\"b\"}",
                head("GET /machines", "Authorization: Bearer x.y.z\r\n"));
    }

    @Test
    void whoHangsUpDuringALongListIsAtMostOneLineForDebugging() throws IOException {
        database.query("""
                insert into machine_manager.machines (id, name, host, port, ssh_user, next_probe_at, created_at)
                select seq, concat('x', seq), 'h.invalid', 22, 'root', now(), now()
                from machine_manager.seq_1_to_30000""");
        String token = ApiFixture.tokenOf("admin");
        try (LogLines lines = LogLines.of(ErrorMappers.class)) {
            for (int i = 0; i < 3; i++) {
                try (Socket socket = connect(head("GET /machines", "Authorization: Bearer " + token + "\r\n"))) {
                    assertThat(socket.getInputStream().readNBytes(500_000)).hasSize(500_000);
                    socket.setSoLinger(true, 0);
                }
            }
            Awaitility.await().during(Duration.ofSeconds(2)).atMost(PATIENCE)
                    .until(() -> lines.all().size() <= 3 && graver.all().isEmpty());
            assertThat(lines.all())
                    .allMatch(line -> line.startsWith("A client closed its connection before the response was sent: "));
        }
    }

    private static void assertIsInvalid(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 400");
        assertThat(body(answer).getString("error")).isEqualTo("invalid_request");
    }

    private static JsonObject body(String answer) {
        return new JsonObject(answer.substring(answer.indexOf("\r\n\r\n")));
    }
}
