package io.machinemanager.api.openapi;

import static io.restassured.RestAssured.given;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Walks the API's own description and calls everything in it without a token, as a user and as an admin. A new call has to
 * be entered into the table here, or this fails.
 */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class EveryCallTest {

    /**
     * Who may make a call: the answers to nobody, a user and an admin, for something that is not there and an empty body. An admin
     * cannot reserve without a name for the account, since no machine may have one called admin.
     */
    private static final Map<String, List<Integer>> CALLS = new TreeMap<>(Map.ofEntries(
            call("GET /healthz", 200, 200, 200), call("GET /openapi", 200, 200, 200),
            call("POST /login", 400, 400, 400),
            call("POST /token/refresh", 400, 400, 400), call("POST /logout", 401, 200, 200),
            call("GET /whoami", 401, 200, 200), call("PUT /whoami/password", 401, 400, 400),
            call("GET /whoami/api-keys", 401, 200, 200), call("POST /whoami/api-keys", 401, 400, 400),
            call("DELETE /whoami/api-keys/{name}", 401, 404, 404), call("GET /users", 401, 403, 200),
            call("POST /users", 401, 403, 400), call("GET /users/{username}", 401, 403, 404),
            call("PATCH /users/{username}", 401, 403, 400), call("DELETE /users/{username}", 401, 403, 404),
            call("GET /whoami/ssh-keys", 401, 200, 200), call("PUT /whoami/ssh-keys", 401, 400, 400),
            call("GET /users/{username}/ssh-keys", 401, 403, 404),
            call("PUT /users/{username}/ssh-keys", 401, 403, 400),
            call("GET /users/{username}/api-keys", 401, 403, 404),
            call("DELETE /users/{username}/api-keys/{name}", 401, 403, 404), call("GET /machines", 401, 200, 200),
            call("POST /machines", 401, 403, 400), call("GET /machines/{name}", 401, 404, 404),
            call("PATCH /machines/{name}", 401, 403, 400), call("DELETE /machines/{name}", 401, 403, 404),
            call("GET /groups", 401, 403, 200), call("POST /groups", 401, 403, 400),
            call("GET /groups/{name}", 401, 403, 404), call("PATCH /groups/{name}", 401, 403, 400),
            call("DELETE /groups/{name}", 401, 403, 404), call("PUT /groups/{name}/members/{username}", 401, 403, 404),
            call("DELETE /groups/{name}/members/{username}", 401, 403, 404),
            call("GET /available", 401, 200, 200), call("GET /labels", 401, 200, 200),
            call("GET /reservations", 401, 200, 200),
            call("POST /reservations", 401, 409, 409), call("GET /reservations/{id}", 401, 404, 404),
            call("PATCH /reservations/{id}", 401, 400, 400), call("DELETE /reservations/{id}", 401, 404, 404),
            call("GET /requests", 401, 200, 200), call("GET /requests/{id}", 401, 404, 404),
            call("PATCH /requests/{id}", 401, 400, 400), call("DELETE /requests/{id}", 401, 404, 404),
            call("POST /requests/{id}/keepalive", 401, 404, 404), call("POST /requests/{id}/password", 401, 404, 404),
            call("GET /requests/{id}/ssh-config", 401, 404, 404),
            call("GET /reserve", 401, 409, 409), call("GET /release_all", 401, 403, 200),
            call("POST /release_all", 401, 403, 200), call("GET /audit", 401, 403, 200)));

    private static Map.Entry<String, List<Integer>> call(String call, Integer nobody, Integer user, Integer admin) {
        return Map.entry(call, List.of(nobody, user, admin));
    }

    @Inject
    ApiFixture scene;

    @Inject
    FakeMachines machines;

    private JsonObject description;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    private JsonObject description() {
        if (description == null) {
            description = new JsonObject(given().get("/openapi").then().statusCode(200).extract().asString());
        }
        return description;
    }

    private Map<String, JsonObject> operations() {
        Map<String, JsonObject> operations = new TreeMap<>();
        JsonObject paths = description().getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            JsonObject methods = paths.getJsonObject(path);
            methods.fieldNames().stream().filter(name -> !name.equals("parameters"))
                    .forEach(name -> operations.put(name.toUpperCase() + " " + path, methods.getJsonObject(name)));
        }
        return operations;
    }

    private static Response send(RequestSpecification as, String call) {
        String[] parts = call.split(" ");
        RequestSpecification request = as.redirects().follow(false);
        if (!parts[0].equals("GET") && !parts[0].equals("DELETE")) {
            request.contentType("application/json").body("{}");
        }
        return request.request(parts[0], parts[1].replace("{id}", "999999").replaceAll("\\{\\w+}", "nothing"));
    }

    @Test
    void isInTheTableAndAnswersEachCallerAsTheTableSays() {
        assertThat(operations().keySet()).containsExactlyInAnyOrderElementsOf(CALLS.keySet());

        Map<String, List<Integer>> answers = new TreeMap<>();
        for (String call : CALLS.keySet()) {
            answers.put(call, Stream.of(given(), ApiFixture.as("alice"), ApiFixture.as("admin"))
                    .map(caller -> send(caller, call).statusCode()).toList());
        }

        assertThat(answers).isEqualTo(CALLS);
    }

    @Test
    void answersAsItIsDescribed() {
        scene.machines("m1");
        // nulls: of an act of nobody, of a free machine
        given().contentType("application/json").body("{\"username\":\"alice\",\"password\":\"x\"}").post("/login");
        machines.fail("m1", Outcome.FAILED, "No room.");
        ApiFixture.as("alice").get("/reserve").then().statusCode(502);
        scene.machines("m2", "m4");
        int reservation = ApiFixture.reserve("alice");
        described("POST", "/reservations", "/reservations", Map.of("username", "carol"));
        described("POST", "/users", "/users", Map.of("username", "carol", "password", "a long secret"));
        described("POST", "/whoami/api-keys", "/whoami/api-keys", Map.of("name", "ci"));
        described("PUT", "/whoami/ssh-keys", "/whoami/ssh-keys", Map.of("keys",
                List.of(Map.of("name", "laptop", "public_key",
                        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx"))));
        described("POST", "/groups", "/groups", Map.of("name", "students"));
        described("PUT", "/groups/{name}/members/{username}", "/groups/students/members/admin", Map.of());
        described("PATCH", "/groups/{name}", "/groups/students", Map.of("priority", 7));
        described("GET", "/groups/{name}", "/groups/students", Map.of());
        described("POST", "/machines", "/machines",
                Map.of("groups", List.of("students"), "name", "m3", "host", "127.0.0.1", "port", 1, "user", "root",
                        "password", "x", "labels", Map.of("os", "debian")));
        described("GET", "/reservations/{id}", "/reservations/" + reservation, Map.of());
        described("GET", "/machines/{name}", "/machines/m3", Map.of());
        described("DELETE", "/reservations/{id}", "/reservations/" + reservation, Map.of());
        for (String path : List.of("/audit", "/machines", "/reservations", "/available", "/labels", "/users", "/groups",
                "/whoami",
                "/whoami/api-keys", "/whoami/ssh-keys", "/requests", "/healthz", "/openapi")) {
            described("GET", path, path, Map.of());
        }
        described("GET", "/users/{username}", "/users/nobody", Map.of());
    }

    private void described(String method, String path, String address, Map<String, Object> body) {
        Response answer = ApiFixture.as("admin").contentType("application/json").body(body).request(method, address);
        JsonObject responses = operations().get(method + " " + path).getJsonObject("responses");
        String status = String.valueOf(answer.statusCode());
        assertThat(answer.statusCode() < 400).as("%s %s: %s", method, path, status)
                .isEqualTo(responses.containsKey(status));
        JsonObject schema = responses.getJsonObject(status, responses.getJsonObject("default"))
                .getJsonObject("content").getJsonObject("application/json").getJsonObject("schema");
        assertThat(
                new Described(description()).problems(method + " " + path, schema, Json.decodeValue(answer.asString())))
                .isEmpty();
    }

    @Test
    void refusesAnApiKeyThatMayNotAndTakesOneThatMay() {
        String key = ApiFixture.as("alice").contentType("application/json").body(Map.of("name", "ci"))
                .post("/whoami/api-keys").path("api_key");

        CALLS.forEach((call, answers) -> {
            int user = answers.get(1);
            boolean onlyByPassword = List.of("POST /logout", "PUT /whoami/password", "POST /whoami/api-keys",
                    "DELETE /whoami/api-keys/{name}", "PUT /whoami/ssh-keys").contains(call);
            assertThat(send(ApiFixture.with(key), call).statusCode()).as(call).isEqualTo(onlyByPassword ? 403 : user);
        });
    }

    @Test
    void tellsWhichMethodsItsAddressTakes() {
        Map<String, TreeSet<String>> methods = new LinkedHashMap<>();
        CALLS.keySet().forEach(call -> methods.computeIfAbsent(call.split(" ")[1], path -> new TreeSet<>())
                .add(call.split(" ")[0]));
        methods.forEach((path, taken) -> {
            taken.add("OPTIONS");
            if (taken.contains("GET") && !List.of("/reserve", "/release_all").contains(path)) {
                taken.add("HEAD");
            }
            Response answer = send(ApiFixture.as("admin"), "BREW " + path);
            assertThat(answer.statusCode()).as(path).isEqualTo(405);
            assertThat(allowed(answer)).as(path).isEqualTo(taken);
            assertThat(allowed(send(ApiFixture.as("admin"), "OPTIONS " + path))).as("OPTIONS " + path).isEqualTo(taken);
        });
    }

    private static TreeSet<String> allowed(Response answer) {
        return new TreeSet<>(List.of(answer.header("Allow").split(", ")));
    }

    @Test
    void takesNoBodyButJson() {
        CALLS.keySet().stream().filter(call -> operations().get(call).containsKey("requestBody"))
                .forEach(call -> {
                    String[] parts = call.split(" ");
                    for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "application/xml")) {
                        ApiFixture.as("admin").header("Content-Type", type).body("{}")
                                .request(parts[0], parts[1].replaceAll("\\{\\w+}", "1")).then().statusCode(415)
                                .body("error", is("unsupported_media_type"));
                    }
                });
    }

    @Test
    void isNotStoredWhereItsAnswerHoldsASecret() {
        scene.machines("m1", "m2");
        String login = "{\"username\":\"alice\",\"password\":\"%s\",\"refresh\":true}"
                .formatted(ApiFixture.passwordOf("alice"));
        Response tokens = given().contentType("application/json").body(login).post("/login");
        Stream.of(tokens,
                given().contentType("application/json").body(Map.of("refresh_token", tokens.path("refresh_token")))
                        .post("/token/refresh"),
                ApiFixture.as("alice").contentType("application/json").body("{\"name\":\"ci\"}")
                        .post("/whoami/api-keys"),
                ApiFixture.as("alice").get("/reserve"),
                ApiFixture.as("alice").contentType("application/json").body("{}")
                        .post("/reservations"))
                .forEach(answer -> answer.then().statusCode(answer.statusCode() == 201 ? 201 : 200)
                        .header("Cache-Control", "no-store").contentType(startsWith("application/json")));
    }

    @Test
    void isDescribedInSnakeCase() {
        JsonObject description = description();
        assertThat(names(description.getJsonObject("components").getJsonObject("schemas"))).isNotEmpty()
                .allMatch(name -> name.matches("[a-z]+(_[a-z]+)*"));
        assertThat(operations().values().stream().flatMap(EveryCallTest::parameters).filter(p -> !p.equals(
                "Idempotency-Key"))).allMatch(name -> name.matches("[a-z]+(_[a-z]+)*"));
    }

    private static Stream<String> names(JsonObject schemas) {
        return schemas.fieldNames().stream().map(schemas::getJsonObject)
                .filter(schema -> schema.containsKey("properties"))
                .flatMap(schema -> schema.getJsonObject("properties").fieldNames().stream());
    }

    private static Stream<String> parameters(JsonObject operation) {
        return operation.getJsonArray("parameters", new JsonArray()).stream().map(JsonObject.class::cast)
                .map(parameter -> parameter.getString("name"));
    }

    @Test
    void tellsHowListsComeInParts() {
        for (String path : List.of("/machines", "/labels", "/reservations", "/users", "/groups")) {
            JsonObject call = operations().get("GET " + path);
            assertThat(parameters(call)).as(path).contains("limit", "offset");
            assertThat(call.getJsonObject("responses").getJsonObject("200").getJsonObject("headers").fieldNames())
                    .as(path).containsExactly("X-Total-Count");
            ApiFixture.as("admin").get(path + "?offset=1").then().statusCode(200).header("X-Total-Count",
                    matchesPattern("[0-9]+"));
            ApiFixture.as("admin").get(path).then().statusCode(200).header("X-Total-Count", nullValue());
        }
    }

    @Test
    void listsAllThatTheAuditCanBeAskedFor() {
        Map<String, JsonArray> lists = operations().get("GET /audit").getJsonArray("parameters").stream()
                .map(JsonObject.class::cast).filter(p -> p.getJsonObject("schema").containsKey("enum"))
                .collect(toMap(p -> p.getString("name"), p -> p.getJsonObject("schema").getJsonArray("enum")));

        assertThat(lists.get("action")).containsExactlyElementsOf(
                Arrays.stream(AuditAction.values()).map(AuditAction::code).map(Object.class::cast).toList());
        assertThat(lists.get("outcome")).containsExactlyElementsOf(
                Arrays.stream(AuditOutcome.values()).map(AuditOutcome::code).map(Object.class::cast).toList());
    }
}
