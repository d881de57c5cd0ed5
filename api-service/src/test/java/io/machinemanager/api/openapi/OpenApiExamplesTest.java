package io.machinemanager.api.openapi;

import static io.restassured.RestAssured.given;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.error.ErrorCode;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** The examples in the API's description: each is there, fits its schema, and the service takes what they send. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class OpenApiExamplesTest {

    private static final String JSON = "application/json";

    @Inject
    ApiFixture scene;

    private JsonObject description;
    private Map<String, JsonObject> calls;

    @BeforeEach
    void setUp() {
        scene.reset();
        description = new JsonObject(given().get("/openapi").then().statusCode(200).extract().asString());
        calls = new TreeMap<>();
        objects(description.getJsonObject("paths")).forEach((path, methods) -> objects(methods).forEach((method,
                call) -> calls.put(method.toUpperCase() + " " + path, call)));
    }

    private static Map<String, JsonObject> objects(JsonObject fields) {
        return fields.stream().filter(field -> field.getValue() instanceof JsonObject)
                .collect(toMap(Map.Entry::getKey, field -> (JsonObject) field.getValue()));
    }

    /** The content of the request and of each answer that is not an error, by a name. */
    private static Map<String, JsonObject> contents(String name, JsonObject call) {
        Map<String, JsonObject> contents = new TreeMap<>();
        if (call.containsKey("requestBody")) {
            contents.put(name, call.getJsonObject("requestBody").getJsonObject("content").getJsonObject(JSON));
        }
        objects(call.getJsonObject("responses")).forEach((status, response) -> {
            if (status.startsWith("2") && response.containsKey("content")) {
                contents.put(name + " " + status, response.getJsonObject("content").getJsonObject(JSON));
            }
        });
        return contents;
    }

    private static Stream<JsonObject> parameters(JsonObject call) {
        return call.getJsonArray("parameters", new JsonArray()).stream().map(JsonObject.class::cast);
    }

    @Test
    void areThereForEachCallAndFitTheirSchemas() {
        Described described = new Described(description);
        calls.forEach((name, call) -> {
            contents(name, call).forEach((place, content) -> {
                assertThat(content.fieldNames()).as(place).contains("example");
                assertThat(described.problems(place, content.getJsonObject("schema"), content.getValue("example")))
                        .isEmpty();
            });
            parameters(call).filter(parameter -> parameter.getString("in").equals("path"))
                    .forEach(parameter -> assertThat(parameter.getValue("example")).as(name).isInstanceOf(
                            String.class));
        });
    }

    @Test
    void areNamedByNothingThatIsNotACall() {
        assertThat(OpenApiExamples.read().calls().keySet()).containsExactlyInAnyOrderElementsOf(calls.keySet());
    }

    @Test
    void areThereForEachErrorAndEachCallSaysWhichItMayAnswer() {
        JsonObject examples = description.getJsonObject("components").getJsonObject("examples");
        List<String> codes = Arrays.stream(ErrorCode.values()).map(ErrorCode::code).toList();
        assertThat(examples.fieldNames()).containsExactlyInAnyOrderElementsOf(codes);
        objects(examples).forEach((code, example) -> {
            assertThat(example.getJsonObject("value").getString("error")).isEqualTo(code);
            assertThat(new Described(description).problems(code, errorSchema(), example.getValue("value"))).isEmpty();
        });

        assertThat(calls.values().stream().flatMap(call -> objects(call.getJsonObject("responses")).values().stream())
                .filter(response -> response.containsKey("content"))
                .flatMap(response -> response.getJsonObject("content").getJsonObject(JSON)
                        .getJsonObject("examples", new JsonObject()).fieldNames().stream()))
                .containsAll(codes);
    }

    private JsonObject errorSchema() {
        return description.getJsonObject("components").getJsonObject("schemas").getJsonObject("Error");
    }

    @Test
    void referToWhatIsThere() {
        List<String> names = Pattern.compile("\"#/components/(\\w+/\\w+)\"").matcher(description.encode()).results()
                .map(MatchResult::group).distinct().toList();

        assertThat(names).isNotEmpty().allSatisfy(name -> {
            String[] parts = name.replace("\"", "").split("/");
            assertThat(description.getJsonObject("components").getJsonObject(parts[2]).fieldNames()).contains(parts[3]);
        });
    }

    @Test
    void giveEachCallAName() {
        List<String> names = calls.values().stream().map(call -> call.getString("operationId")).toList();

        assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z]+([A-Z][a-z]+)*"));
    }

    @Test
    void areRequestsThatTheServiceTakes() {
        accepts("POST /users", "admin");
        accepts("POST /groups", "admin");
        accepts("PATCH /groups/{name}", "admin");
        accepts("POST /machines", "admin");
        accepts("PATCH /machines/{name}", "admin");
        accepts("PUT /users/{username}/ssh-keys", "admin");
        accepts("PUT /whoami/ssh-keys", "alice");
        accepts("POST /whoami/api-keys", "alice");
        reserves();
        accepts("PATCH /users/{username}", "admin");
        ApiFixture.as("admin").contentType(JSON).body(new JsonObject().put("password", example("POST /login")
                .getString("password")).encode()).patch("/users/alice").then().statusCode(200);
        Response login = accepts("POST /login", given(), "/login", example("POST /login"));
        accepts("POST /token/refresh", given(), "/token/refresh",
                example("POST /token/refresh").put("refresh_token", login.path("refresh_token")));
        accepts("PUT /whoami/password", ApiFixture.with(login.path("access_token")), "/whoami/password",
                example("PUT /whoami/password"));
    }

    private void reserves() {
        scene.machines("alpha");
        ApiFixture.as("admin").contentType(JSON).body("{\"labels\":{\"os\":\"debian\"}}").patch("/machines/alpha")
                .then().statusCode(200);
        Response lease = accepts("POST /reservations", "bob");
        assertThat(lease.statusCode()).isEqualTo(201);
        assertThat(accepts("POST /reservations", "alice").statusCode()).isEqualTo(202);
        for (String call : List.of("PATCH /reservations/{id}", "PATCH /requests/{id}",
                "POST /requests/{id}/password")) {
            int id = lease.path(call.contains("/requests") ? "request_id" : "machines[0].reservation_id");
            accepts(call, ApiFixture.as("bob"), call.split(" ")[1].replace("{id}", String.valueOf(id)), example(call));
        }
    }

    private JsonObject example(String call) {
        return contents(call, calls.get(call)).get(call).getJsonObject("example").copy();
    }

    private Response accepts(String call, String user) {
        String address = call.split(" ")[1];
        for (JsonObject parameter : parameters(calls.get(call)).toList()) {
            address = address.replace("{%s}".formatted(parameter.getString("name")),
                    String.valueOf(parameter.getValue("example")));
        }
        return accepts(call, ApiFixture.as(user), address, example(call));
    }

    private Response accepts(String call, RequestSpecification caller, String address,
            JsonObject body) {
        Response answer = caller.contentType(JSON).body(body.encode()).request(call.split(" ")[0], address);
        JsonObject content = contents(call, calls.get(call)).get(call + " " + answer.statusCode());
        assertThat(content).as("%s: %s %s", call, answer.statusCode(), answer.asString()).isNotNull();
        assertThat(new Described(description).problems(call, content.getJsonObject("schema"),
                Json.decodeValue(answer.asString()))).isEmpty();
        return answer;
    }
}
