package io.machinemanager.api.openapi;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.startsWith;

import java.io.IOException;
import java.net.URL;

import org.junit.jupiter.api.Test;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.core.json.JsonObject;

/** The address of the API's description. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class OpenApiResourceTest {

    @TestHTTPResource(value = "/openapi", management = true)
    URL operators;

    private static Response get(String accept, String address) {
        return given().header("Accept", accept).get(address);
    }

    private static void isJson(Response answer) {
        answer.then().statusCode(200).contentType(startsWith("application/json")).header("Vary", is("Accept"))
                .body("openapi", startsWith("3.1"));
    }

    private static void isYaml(Response answer) {
        answer.then().statusCode(200).contentType(startsWith("application/yaml")).header("Vary", is("Accept"));
        assertThat(answer.asString()).startsWith("---\nopenapi: 3.1");
    }

    @Test
    void servesJsonOrYamlAsTheCallerAsks() {
        isJson(given().get("/openapi"));
        isJson(get("application/json", "/openapi"));
        isJson(get("text/html, */*;q=0.8", "/openapi"));
        isJson(get("application/yaml;q=0.5, application/json", "/openapi"));
        isYaml(get("application/yaml", "/openapi"));
        isYaml(get("application/json;q=0.5, application/yaml", "/openapi"));
        isYaml(get("application/json", "/openapi?format=yaml"));
        isJson(get("application/yaml", "/openapi?format=json"));
    }

    @Test
    void saysTheSameInBoth() throws IOException {
        String yaml = get("application/yaml", "/openapi").asString();
        String json = get("application/json", "/openapi").asString();

        assertThat(new YAMLMapper().readTree(yaml).equals(new ObjectMapper().readTree(json))).isTrue();
    }

    @Test
    void isPublicAndIgnoresATokenThatIsNotValid() {
        isJson(given().header("Authorization", "Bearer nonsense").get("/openapi"));
    }

    @Test
    void refusesWhatItCannotServe() {
        get("application/json", "/openapi?format=xml").then().statusCode(400).body("error", is("invalid_request"))
                .body("message", is("The parameter format must be one of json, yaml.")).body("fields[0]", is("format"));
        get("application/xml", "/openapi").then().statusCode(406).body("error", is("invalid_request"));
        given().post("/openapi").then().statusCode(405).body("error", is("method_not_allowed")).header("Allow",
                "GET, HEAD, OPTIONS");
        given().get("/openapi/x").then().statusCode(404).body("error", is("not_found"));
    }

    @Test
    void isSentAgainOnlyWhenItHasChanged() {
        String tag = given().get("/openapi").then().header("ETag", matchesPattern("W/\"[0-9a-f]{32}\"")).extract()
                .header("ETag");

        given().header("If-None-Match", tag).get("/openapi").then().statusCode(304);
        given().header("If-None-Match", tag).get("/openapi?format=yaml").then().statusCode(200);
        Response head = given().head("/openapi");
        head.then().statusCode(200).header("ETag", tag);
        assertThat(head.asString()).isEmpty();
    }

    @Test
    void isAtOneAddress() {
        given().get(operators).then().statusCode(404);
        given().get("/q/openapi").then().statusCode(404);
    }

    @Test
    void namesNoHostSoThatItHoldsBehindAProxy() {
        assertThat(new JsonObject(given().get("/openapi").asString()).getJsonArray("servers").encode())
                .isEqualTo("[{\"url\":\"/\"}]");
    }
}
