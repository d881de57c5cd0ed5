package io.machinemanager.api.hostile;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;

/**
 * Each hostile value in each field, path, query and header of each call that the API describes, sent by an admin. It is
 * refused, or kept as it is; nothing of it runs here. {@link HostilePasswordTest} does the same with real machines.
 */
@QuarkusTest
@TestProfile(HostileLog.InAFile.class)
@WithTestResource(MariaDbResource.class)
class HostileFieldsTest {

    private static final int AT_ONCE = 16;

    /**
     * All values in all places take too long for each build, so a build tries each value in some of the places and some of
     * the values in each place. A run with the deep tests tries all.
     */
    private static final int STEP = Deep.isIncluded() ? 1 : 12;

    /** Where some values have to be kept, so that they can be compared. Each build tries a quarter of the values there. */
    private static final Set<String> KEPT = Set.of("POST /users username", "POST /machines name", "POST /machines host",
            "POST /machines user", "PATCH /machines/{name} host", "PATCH /machines/{name} user",
            "POST /whoami/api-keys name", "POST /reservations username", "POST /groups name");

    /** What a call may say: done, or refused in words. */
    private static final Set<Integer> ANSWERS = Set.of(200, 201, 202, 400, 401, 403, 404, 405, 409, 410, 413, 414, 431);

    /** A good body of each call that takes one; a field that is tried replaces the one in it. */
    private static final Map<String, String> BODIES = Map.ofEntries(
            Map.entry("POST /login", "{'username':'alice','password':'x'}"),
            Map.entry("POST /token/refresh", "{}"),
            Map.entry("PUT /whoami/password", "{'current_password':'wrong','new_password':'a long secret'}"),
            Map.entry("POST /whoami/api-keys", "{'name':'ci','expires_in_days':1,'role':'user'}"),
            Map.entry("POST /users", "{'username':'carol','password':'a long secret'}"),
            Map.entry("PATCH /users/{username}", "{'is_admin':false}"),
            Map.entry("PUT /whoami/ssh-keys", "{'keys':[{'name':'laptop','public_key':'<key>'}]}"),
            Map.entry("PUT /users/{username}/ssh-keys", "{'keys':[]}"),
            Map.entry("POST /machines",
                    "{'name':'m','host':'127.0.0.1','port':22,'user':'root','password':'x','host_key':'<key>','shared_host':true}"),
            Map.entry("PATCH /machines/{name}", "{'host_key':'<key>','password':'x','shared_host':true}"),
            Map.entry("POST /groups", "{'name':'g','max_machines':1}"),
            Map.entry("PATCH /groups/{name}", "{'priority':1}"),
            Map.entry("POST /reservations", "{'username':'carol','reservation_password':'a long secret'}"),
            Map.entry("PATCH /requests/{id}", "{'note':'x'}"), Map.entry("POST /requests/{id}/password", "{}"),
            Map.entry("PATCH /reservations/{id}", "{'duration_minutes':10}"));

    /** Where what these calls take can be seen again. */
    private static final Map<String, String> SHOWN = Map.of("POST /users", "/users/{username}", "POST /machines",
            "/machines/{name}", "PATCH /machines/{name}", "/machines/{name}", "POST /whoami/api-keys",
            "/whoami/api-keys", "POST /reservations", "/reservations/{id}", "POST /groups", "/groups/{name}");

    /** What is made is deleted again, so that the next value is tried too and not refused because the name is taken. */
    private static final Map<String, String> UNDONE = Map.of("POST /users", "/users/{username}", "POST /machines",
            "/machines/{name}", "POST /whoami/api-keys", "/whoami/api-keys/{name}", "POST /reservations",
            "/reservations/{id}", "GET /reserve", "/reservations/{id}", "POST /groups", "/groups/{name}");

    private static final String HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    @Inject
    ApiFixture scene;

    private final ObjectMapper json = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Set<String> compared = ConcurrentHashMap.newKeySet();
    private Path canary;
    private List<String> values;
    private String token;

    @BeforeEach
    void setUp() throws IOException {
        scene.reset();
        scene.machines(IntStream.range(0, 5).mapToObj(i -> "m" + i).toArray(String[]::new));
        canary = Files.createTempDirectory("mm-canary");
        values = HostileValues.all(canary);
        token = ApiFixture.tokenOf("admin");
    }

    @AfterEach
    void nothingRanAndNothingIsForged() throws IOException {
        assertThat(canary).isEmptyDirectory();
        Files.delete(canary);
        HostileLog.assertNothingForged();
    }

    private List<Place> places() {
        return Place.all(new JsonObject(given().get("/openapi").then().statusCode(200).extract().asString()));
    }

    /** The indexes of every step-th value. The first one depends on the place, so that places try different values. */
    private IntStream every(int step, int place) {
        return IntStream.iterate(place % step, i -> i < values.size(), i -> i + step);
    }

    private void tryAll(List<Callable<Void>> tries) throws InterruptedException {
        try (ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
            workers.invokeAll(tries).forEach(done -> {
                if (done.state() == Future.State.FAILED) {
                    wrong.add(done.exceptionNow().toString());
                }
            });
        }
        assertThat(wrong.stream().limit(20)).isEmpty();
    }

    @Test
    void eachValueInEachPlaceIsRefusedOrKeptAsItIs() throws Exception {
        List<Place> places = places().stream().filter(place -> !place.in().equals("header")).toList();
        assertThat(values).hasSizeGreaterThan(200);
        assertThat(places).extracting(Place::in).contains("body", "path", "query");
        // The values of one place one after the other: what is kept is the last one's.
        tryAll(IntStream.range(0, places.size()).mapToObj(i -> (Callable<Void>) () -> {
            Place place = places.get(i);
            int step = KEPT.contains(place.call() + " " + place.name()) ? Math.min(STEP, 4) : STEP;
            for (int j : every(step, i).toArray()) {
                tryOne(place, values.get(j));
            }
            return null;
        }).toList());
        assertThat(compared).containsAll(KEPT);
    }

    private void tryOne(Place place, String value) throws Exception {
        HttpResponse<String> answer = send(request(place, value));
        if (!ANSWERS.contains(answer.statusCode())) {
            wrong.add("%s: %s: %d".formatted(place, json.writeValueAsString(value), answer.statusCode()));
        }
        if (answer.statusCode() < 300) {
            JsonNode made = json.readTree(answer.body());
            if (place.in().equals("body") && SHOWN.containsKey(place.call())) {
                compare(place, value, made);
            }
            if (UNDONE.containsKey(place.call())) {
                send(request("DELETE", filled(UNDONE.get(place.call()), made)));
            }
        }
    }

    /** Spaces around a machine's name and host do not count, and an empty account is the caller's. */
    private static String meant(Place place, String value) {
        boolean ofMachine = place.call().contains("/machines") && Set.of("name", "host").contains(place.name());
        boolean nobody = value.isEmpty() && place.call().equals("POST /reservations")
                && place.name().equals("username");
        return ofMachine ? value.strip() : nobody ? "admin" : value;
    }

    /** What was taken is looked up again, and has to be what was meant. */
    private void compare(Place place, String value, JsonNode made) throws Exception {
        HttpResponse<String> answer = send(request("GET", filled(SHOWN.get(place.call()), made)));
        if (answer.statusCode() == 404) {
            // another call has deleted it meanwhile, by the same value in its path
            return;
        }
        JsonNode shown = json.readTree(answer.body());
        JsonNode kept = (shown.isArray() ? named(made.path("name"), shown) : shown).path(place.name());
        if (kept.isMissingNode()) {
            return;
        }
        boolean isZero = kept.isNumber() && value.equals("-0") && kept.asText().equals("0");
        if (!isZero && !kept.asText().equals(meant(place, value))) {
            wrong.add("%s: %s became %s".formatted(place, json.writeValueAsString(value), kept));
        }
        compared.add(place.call() + " " + place.name());
    }

    private static JsonNode named(JsonNode name, JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).filter(one -> one.path("name").equals(name)).findFirst()
                .orElse(MissingNode.getInstance());
    }

    private static String filled(String path, JsonNode made) {
        return path.replace("{name}", encoded(made.path("name").asText()))
                .replace("{username}", encoded(made.path("username").asText()))
                .replace("{id}", made.path("machines").path(0).path("reservation_id").asText());
    }

    private HttpRequest request(String method, String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + path))
                .header("Authorization", "Bearer " + token).method(method, BodyPublishers.noBody()).build();
    }

    /** Once more on another connection, since one that is kept may be closed by the other side just then. */
    private HttpResponse<String> send(HttpRequest request) throws Exception {
        try {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            return client.send(request, BodyHandlers.ofString());
        }
    }

    private HttpRequest request(Place place, String value) throws IOException {
        String path = place.path();
        if (place.in().equals("path")) {
            path = path.replace("{" + place.name() + "}", encoded(value));
        }
        // one that the other calls do without, since a deletion has a parameter that lets it through
        String other = place.method().equals("DELETE") ? "m4" : "m0";
        path = path.replace("{id}", "1").replace("{username}", "bob").replaceAll("\\{\\w+}", other);
        if (place.in().equals("query")) {
            path += "?" + place.name() + "=" + encoded(value);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + path))
                .header("Authorization", "Bearer " + token);
        if (!BODIES.containsKey(place.call())) {
            return request.method(place.method(), BodyPublishers.noBody()).build();
        }
        ObjectNode body = (ObjectNode) json
                .readTree(BODIES.get(place.call()).replace('\'', '"').replace("<key>", HOST_KEY));
        if (place.in().equals("body")) {
            if (body.has("name")) {
                // a name of its own, since the places are tried at the same time
                body.put("name", "of-" + place.name().replace('_', '-'));
            }
            body.put(place.name(), value);
        }
        return request.header("Content-Type", "application/json")
                .method(place.method(), BodyPublishers.ofString(json.writeValueAsString(body))).build();
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Test
    void eachCallWithABodyHasAGoodOneHere() {
        assertThat(places().stream().filter(place -> place.in().equals("body")).map(Place::call).distinct())
                .containsExactlyInAnyOrderElementsOf(BODIES.keySet());
    }

    /**
     * Written by hand, since no client would send most of these. The values of a header are spread over the calls: with the
     * deep tests each value is tried in each header, and each header in each call.
     */
    @Test
    void eachValueInEachHeaderIsAnswered() throws Exception {
        List<String> calls = places().stream().map(Place::call).distinct().sorted().toList();
        assertThat(calls).hasSizeBetween(BODIES.size(), values.size());
        List<String> headers = List.of("Idempotency-Key", "Authorization", "X-Forwarded-Host",
                "Content-Type", "Accept", "User-Agent", "Host");
        assertThat(headers).containsAll(places().stream().filter(place -> place.in().equals("header"))
                .map(Place::name).toList());
        tryAll(headers.stream()
                .flatMap(header -> every(STEP, headers.indexOf(header)).mapToObj(i -> (Callable<Void>) () -> {
                    String call = calls.get(i % calls.size());
                    String status = send(call, header, values.get(i));
                    if (!status.matches("HTTP/1\\.1 [24]\\d\\d .*")) {
                        wrong.add("%s: %s: %s: %s".formatted(call, header, json.writeValueAsString(values.get(i)),
                                status));
                    }
                    return null;
                })).toList());
    }

    /** The first line of the answer to a call with this header. */
    private String send(String call, String header, String value) throws IOException {
        // nothing is made, ended or deleted, only the token of a log-out: what is tried here is the header
        String caller = call.equals("POST /logout") ? ApiFixture.tokenOf("bob") : token;
        String body = BODIES.containsKey(call) ? "{\"count\":-1,\"username\":\"carol\"}" : "";
        String head = call.replaceAll("\\{\\w+}", "999999") + " HTTP/1.1\r\n" + header + ": " + value + "\r\n"
                + (header.equals("Host") ? "" : "Host: localhost\r\n")
                + (header.equals("Authorization") ? "" : "Authorization: Bearer " + caller + "\r\n")
                + (header.equals("Content-Type") ? "" : "Content-Type: application/json\r\n")
                + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.lines().findFirst().orElse("no answer");
        }
    }

    @Test
    void passwordsOfUsersAreKeptAsTheyAre() throws Exception {
        String password = ApiFixture.passwordOf("alice");
        String own = logIn(password);
        int kept = 0;
        for (int i : every(STEP, 0).toArray()) {
            String value = values.get(i);
            String change = json.writeValueAsString(Map.of("current_password", password, "new_password", value));
            int status = ApiFixture.with(own).contentType("application/json").body(change).put("/whoami/password")
                    .statusCode();
            assertThat(status).as(change).isIn(200, 400);
            if (status == 200) {
                password = value;
                own = logIn(password);
                kept++;
            }
        }
        assertThat(kept).isGreaterThan(100 / STEP);
    }

    private String logIn(String password) throws IOException {
        return given().contentType("application/json")
                .body(json.writeValueAsString(Map.of("username", "alice", "password", password))).post("/login").then()
                .statusCode(200).extract().path("access_token");
    }
}
